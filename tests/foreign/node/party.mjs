// A relying party by openid-client for a client of the task.

import { oidc, task } from './conversation.mjs';

const METHODS = {
  client_secret_basic: oidc.ClientSecretBasic,
  client_secret_post: oidc.ClientSecretPost,
  none: oidc.None,
};

/** Discovers the provider. ID Tokens are verified with its keys, however they came. */
export async function discover(client, metadata = {}, options = {}) {
  const authentication = METHODS[client.auth_method](client.secret);
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
  const issuer = new URL(task.issuer);
  return oidc.discovery(issuer, client.id, metadata, authentication, { execute, ...options });
}

/** A fresh request, and what must be remembered until its answer. */
export async function request(config, client, parameters) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier,
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: client.redirect_uri,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  });
  return { url, checks };
}

/** The OAuth error that an attempt ends with. */
export async function errorOf(attempt) {
  try {
    await attempt;
  } catch (error) {
    if (!(error instanceof oidc.WWWAuthenticateChallengeError)) return error.error ?? `${error}`;
    const [{ parameters }] = error.cause;
    return parameters.error ?? (await error.response.json()).error;
  }
  return 'none';
}
