// The implicit flow with an ID Token alone, and the hybrid flow with a code beside it.

import assert from 'node:assert/strict';
import { allow, oidc, report, task } from './conversation.mjs';
import { discover, plainRequest, request } from './party.mjs';

const { client, response_type, response_mode } = task;
const config = await discover(client);
const parameters = { scope: 'openid email', ...(response_mode && { response_mode }) };

async function implicit() {
  oidc.useIdTokenResponseType(config);
  const { url, checks } = plainRequest(config, client, parameters);
  const response = await allow(url);
  return oidc.implicitAuthentication(config, response, checks.expectedNonce, checks);
}

async function hybrid() {
  oidc.useCodeIdTokenResponseType(config);
  const { url, checks } = await request(config, client, parameters);
  const response = await allow(url);
  const tokens = await oidc.authorizationCodeGrant(config, response, checks);
  const { sub, email } = tokens.claims();
  assert.equal(email, undefined, 'the claims are at the UserInfo endpoint');
  return oidc.fetchUserInfo(config, tokens.access_token, sub);
}

const { sub, email } = await (response_type === 'id_token' ? implicit() : hybrid());
report({ sub, email });
