// A certified OpenID provider at which the browser tests sign in: real pages, cookies, consent and
// sign-out, written by somebody else than the portal. It tells of people only at its userinfo endpoint.
//
//   node provider.mjs PUBLIC_URL CLIENT_ID CLIENT_SECRET
//
// prints `issuer http://127.0.0.1:PORT` once it serves, and ends with its input.
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

// Everybody whom it knows, and their groups. Nobody has a password here.
const PEOPLE = { ada: ['sales-team'], bob: ['returns-team'], olga: ['ops'] };

const [publicUrl, clientId, clientSecret] = process.argv.slice(2);
if (!clientSecret) {
  console.error('usage: node provider.mjs PUBLIC_URL CLIENT_ID CLIENT_SECRET');
  process.exit(2);
}

const escape = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title></head>
<body><main><h1>${escape(title)}</h1>${body}</main></body></html>`;

const claimsOf = (name) => ({
  sub: name,
  email: `${name}@example.com`,
  email_verified: true,
  groups: PEOPLE[name],
});

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [`${publicUrl}/sign-in/callback`],
      post_logout_redirect_uris: [`${publicUrl}/signed-out`],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
  cookies: { keys: ['signs the cookies of one test'] },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      logoutSource: async (ctx, form) => {
        const confirm = '<button id="confirm-logout" form="op.logoutForm" name="logout" value="yes">Yes</button>';
        ctx.body = page('Sign out here as well?', form + confirm);
      },
    },
  },
  findAccount: async (ctx, name) =>
    PEOPLE[name] && { accountId: name, claims: async () => claimsOf(name) },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  // Whoever signs in has agreed: the portal is the company's own.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      accountId: ctx.oidc.session.accountId,
      clientId: ctx.oidc.client.clientId,
    });
    grant.addOIDCScope('openid email groups');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  renderError: async (ctx, out) => {
    ctx.type = 'html';
    ctx.body = page('That went wrong', `<pre id="error">${escape(JSON.stringify(out))}</pre>`);
  },
  ttl: { AccessToken: 600, Grant: 3600, IdToken: 600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
});

async function fieldsOf(request) {
  let body = '';
  for await (const part of request) body += part;
  return new URLSearchParams(body);
}

const asks = (problem) => page(
  'Who are you?',
  `${problem ? `<p id="problem">${escape(problem)}</p>` : ''}
<form method="post"><label for="login">Name</label> <input id="login" name="login" autocomplete="off">
<button id="submit">Sign in</button></form>`,
);

// The page that asks who somebody is, and what they answer.
async function interaction(request, response) {
  await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const name = (await fieldsOf(request)).get('login');
    if (PEOPLE[name]) {
      await provider.interactionFinished(request, response, { login: { accountId: name } });
      return;
    }
    response.writeHead(422, { 'content-type': 'text/html; charset=utf-8' });
    response.end(asks('Nobody has that name.'));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(asks());
}

const callback = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    callback(request, response);
    return;
  }
  interaction(request, response).catch((error) => {
    response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page('That went wrong', `<pre id="error">${escape(String(error))}</pre>`));
  });
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
console.log(`issuer ${issuer}`);
