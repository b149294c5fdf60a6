// A relying party by openid-client for a client of the task.

import { jose, oidc, task } from './conversation.mjs';

const METHODS = {
  client_secret_basic: ({ secret }) => oidc.ClientSecretBasic(secret),
  client_secret_post: ({ secret }) => oidc.ClientSecretPost(secret),
  private_key_jwt: async ({ key }) =>
    oidc.PrivateKeyJwt({ key: await jose.importJWK(key, key.alg), kid: key.kid }),
  none: () => oidc.None(),
};

/** Discovers the provider. ID Tokens are verified with its keys, however they came. */
export async function discover(client, metadata = {}, options = {}) {
  const authentication = await METHODS[client.auth_method](client);
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
  const issuer = new URL(task.issuer);
  return oidc.discovery(issuer, client.id, metadata, authentication, { execute, ...options });
}

/** A fresh code request with PKCE, and what must be remembered until its answer. */
export async function request(config, client, parameters) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const { url, checks } = plainRequest(config, client, {
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { url, checks: { ...checks, pkceCodeVerifier, idTokenExpected: true } };
}

/** The same without PKCE, for requests that ask for no code. */
export function plainRequest(config, client, parameters) {
  const checks = { expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: client.redirect_uri,
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
