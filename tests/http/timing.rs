//! What takes how long tells nobody who has an account (security class 40). Samples of the two kinds
//! alternate, so that a busy machine slows both; Welch's t says whether they differ.

use crate::support::{
    demo::PASSWORD,
    jar::Origin,
    provider::{Options, Provider},
    quiet, runtime,
};

const SAMPLES: usize = 150;

/// Welch's t of two samples.
fn welch(one: &[f64], two: &[f64]) -> f64 {
    let moments = |sample: &[f64]| {
        #[allow(clippy::cast_precision_loss, reason = "samples are few")]
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance / n)
    };
    let ((mean_one, error_one), (mean_two, error_two)) = (moments(one), moments(two));
    (mean_one - mean_two) / (error_one + error_two).sqrt()
}

#[test]
fn a_missing_account_takes_as_long_as_a_wrong_password() {
    let _alone = quiet::alone();
    runtime().block_on(async {
        let provider = Provider::start(Options::default().adjusted(|settings| {
            settings.limits.login_attempts = 100_000;
            settings.limits.failures_per_address = 1_000_000;
            settings.limits.authorize_per_address = 1_000_000;
            settings.passwords.memory_kib = 4_096;
        }))
        .await;
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..2 * SAMPLES {
            let user = ["alice", "ghost"][round % 2];
            let mut browser = provider.browser();
            browser.open(&provider.client("web").request().path()).await.page();
            browser.fill("username", user);
            browser.fill("password", &format!("not {PASSWORD}"));
            let (_, target, pairs) = browser.submission("login-submit");
            let answer = browser.request("POST", &target, Some(&pairs), Origin::SameSite).await;
            assert_ne!(answer.status, 429);
            times[round % 2].push(answer.took.as_secs_f64());
        }
        // The slowest tenth is the machine, not the provider.
        for sample in &mut times {
            sample.sort_by(f64::total_cmp);
            sample.truncate(SAMPLES * 9 / 10);
        }
        let t = welch(&times[0], &times[1]);
        assert!(t.abs() < 4.5, "Welch's t is {t}");
    });
}
