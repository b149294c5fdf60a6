// What goes wrong, as the library tells it.

import { allow, deny, oidc, report, task } from './conversation.mjs';
import { discover, errorOf, request } from './party.mjs';

const { client } = task;
const config = await discover(client);

async function answered(by, parameters) {
  const { url, checks } = await request(config, client, { scope: 'openid', ...parameters });
  return { response: await by(url), checks };
}

const redeem = ({ response, checks }, as = config) =>
  errorOf(oidc.authorizationCodeGrant(as, response, checks));

const silent = await answered(allow, { prompt: 'none' });
const denied = await answered(deny);
const good = await answered(allow);
const other = await answered(allow);
const stranger = await discover({ ...client, secret: 'not-the-secret-of-anybody-at-all-0000000' });
const wrong = { ...other.checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
const once = await redeem(good);
if (once !== 'none') throw new Error(once);

report({
  'without a session': await redeem(silent),
  denied: await redeem(denied),
  'wrong verifier': await redeem({ ...other, checks: wrong }),
  'used twice': await redeem(good),
  'wrong secret': await redeem(other, stranger),
  'no access token': await errorOf(oidc.fetchUserInfo(config, 'no-access-token', oidc.skipSubjectCheck)),
});
