//! What a client does about an end-user who is elsewhere (CIBA), and what the end-user decides.

use super::{
    answer::Answer,
    http::{Http, encode, pairs},
    rp::Client,
};

/// `grant_type` of backchannel requests.
pub const GRANT: &str = "urn:openid:params:grant-type:ciba";

impl Client {
    /// Makes a backchannel request for alice, with further parameters or others in the place of these.
    pub async fn backchannel(&self, parameters: &[(&str, &str)]) -> Answer {
        let mut form = pairs([("scope", "openid"), ("login_hint", "alice")]);
        for (name, value) in parameters {
            form.retain(|(own, _)| own != name);
            if !value.is_empty() {
                form.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        self.post("/backchannel", form).await
    }

    /// The same, good: its `auth_req_id`.
    ///
    /// # Panics
    /// Where it is refused.
    pub async fn auth_req_id(&self, parameters: &[(&str, &str)]) -> String {
        let answer = self.backchannel(parameters).await;
        assert_eq!(answer.status, 200, "an acknowledgement, not {}", answer.whole());
        answer.member("auth_req_id").expect("an acknowledgement has an auth_req_id")
    }

    /// Asks for the tokens.
    pub async fn fetch(&self, auth_req_id: &str) -> Answer {
        self.post("/token", pairs([("grant_type", GRANT), ("auth_req_id", auth_req_id)])).await
    }
}

/// Decides in the place of an end-user: `approve`, `deny` or `report`.
pub async fn decide(http: &Http, auth_req_id: &str, decision: &str) -> Answer {
    let query = encode(&[("auth_req_id", auth_req_id), ("decision", decision)]);
    http.get(&format!("/test/backchannel/approve?{query}"), &[]).await
}
