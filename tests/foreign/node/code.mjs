// The code flow, from discovery to revocation.

import assert from 'node:assert/strict';
import { allow, oidc, report, task } from './conversation.mjs';
import { discover, errorOf, request } from './party.mjs';

const { client, alg, response_mode } = task;
const metadata = { id_token_signed_response_alg: alg };
const config = await discover(client, metadata);
const oauth = await discover(client, metadata, { algorithm: 'oauth2' });
assert.deepEqual(oauth.serverMetadata().token_endpoint, config.serverMetadata().token_endpoint);

const scope = 'openid email offline_access api';
const { url, checks } = await request(config, client, {
  scope,
  prompt: 'consent',
  max_age: '3600',
  ...(response_mode && { response_mode }),
});
const response = await allow(url);
const tokens = await oidc.authorizationCodeGrant(config, response, { ...checks, maxAge: 3600 });
const claims = tokens.claims();
assert.equal(tokens.scope.split(' ').sort().join(' '), scope.split(' ').sort().join(' '));

const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);

const server = await discover(task.resource_server);
const seen = await oidc.tokenIntrospection(server, tokens.access_token);
assert.equal(seen.active, true);
assert.equal(seen.client_id, client.id);
assert.equal(seen.sub, claims.sub);

const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
assert.notEqual(refreshed.access_token, tokens.access_token);
assert.equal(refreshed.claims().sub, claims.sub);
assert.equal(refreshed.claims().auth_time, claims.auth_time);

await oidc.tokenRevocation(config, refreshed.refresh_token);
assert.equal(await errorOf(oidc.refreshTokenGrant(config, refreshed.refresh_token)), 'invalid_grant');
const again = oidc.fetchUserInfo(config, refreshed.access_token, claims.sub);
assert.equal(await errorOf(again), 'invalid_token');

report({ sub: claims.sub, email: userinfo.email, refreshed: refreshed.access_token });
