// The backchannel grant with polling: by plain parameters, or by a signed request where the client has a
// key.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { decide, jose, oidc, report, task } from './conversation.mjs';
import { discover, errorOf } from './party.mjs';

const { client, decision } = task;
const config = await discover(client, { id_token_signed_response_alg: task.alg });
const parameters = { scope: 'openid email', login_hint: 'alice', binding_message: 'W4SCT-1' };

async function signed({ key, id }) {
  const now = Math.floor(Date.now() / 1000);
  const request = await new jose.SignJWT(parameters)
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .setIssuer(id)
    .setAudience(task.issuer)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + 300)
    .setJti(randomUUID())
    .sign(await jose.importJWK(key));
  return { request };
}

const asked = client.key ? await signed(client) : parameters;
const response = await oidc.initiateBackchannelAuthentication(config, asked);
const { auth_req_id } = response;

const grant = 'urn:openid:params:grant-type:ciba';
const early = oidc.genericGrantRequest(config, grant, { auth_req_id });
assert.equal(await errorOf(early), 'authorization_pending');

// The provider's clock has moved on by then: there is no need to wait that long.
await decide(auth_req_id, decision);
const attempt = oidc.pollBackchannelAuthenticationGrant(config, { ...response, interval: 1 });
if (decision === 'deny') report({ error: await errorOf(attempt) });

const tokens = await attempt;
const { sub } = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, sub);
report({ sub, email: userinfo.email });
