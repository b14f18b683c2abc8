// Where a CloudFront function is run by `player`: an event that notices what is asked of it.
// What an answer depends on besides its status is refused by an error, which the function cannot hide.
const stage = (() => {
  const seen = [];
  let cannot = '';

  function refuse(words) {
    cannot = cannot || words;
    throw new Error(cannot);
  }

  // CloudFront answers 502 where a function sets one of these.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
  const NOT_TO_SET = new RegExp(
    '^(connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache.*|x-edge-.*' +
      '|x-forwarded-proto|x-real-ip|content-encoding|content-length|transfer-encoding|warning|via)$');

  function all(what) {
    const no = () => refuse(`it looks at all of ${what}`);
    return { has: no, ownKeys: no, getOwnPropertyDescriptor: no, defineProperty: no, getPrototypeOf: no, setPrototypeOf: no };
  }

  // Only `members` can be read, and nothing be written.
  function closed(what, members) {
    return new Proxy({}, {
      ...all(what),
      get: (_, name) => {
        if (typeof name === 'symbol' || name === 'then') return undefined; // a promise asks so
        return name in members ? members[name] : refuse(`it reads ${what}.${name}`);
      },
      set: (_, name) => refuse(`it sets ${what}.${String(name)}`),
      deleteProperty: (_, name) => refuse(`it takes ${what}.${String(name)} away`),
    });
  }

  function named(name) {
    if (typeof name !== 'string' || !/^[a-z0-9_-]+$/.test(name)) refuse(`${String(name)} is no header's name in lower case`);
    if (NOT_TO_SET.test(name)) refuse(`CloudFront lets no function change ${name}`);
    return name;
  }

  function text(name, header) {
    const value = header && typeof header === 'object' ? header.value : undefined;
    if (typeof value !== 'string' || Object.keys(header).join() !== 'value') {
      refuse(`it sets ${name} to something else than {value: 'a text'}`);
    }
    if (/[^\t -~]/.test(value)) refuse(`it sets ${name} to more than printable ASCII`);
    return value;
  }

  function headersOf(put, removed) {
    return new Proxy({}, {
      ...all('response.headers'),
      get: (_, name) => refuse(`it reads response.headers['${String(name)}']`),
      set: (_, name, header) => {
        put[named(name)] = text(name, header);
        removed.delete(name);
        return true;
      },
      deleteProperty: (_, name) => {
        delete put[named(name)];
        removed.add(name);
        return true;
      },
    });
  }

  async function once(statusCode) {
    const put = {}, removed = new Set();
    const response = closed('response', { statusCode, headers: headersOf(put, removed) });
    const answer = await handler(closed('event', { version: '1.0', response }));
    if (answer !== response) refuse('it answers something else than event.response');
    seen.push([statusCode, put, [...removed]]);
  }

  return {
    run: (statuses) => {
      if (typeof handler !== 'function') return refuse('it has no function handler(event)');
      for (const status of statuses) once(status).catch((error) => { cannot = cannot || `it fails for ${status}: ${error}`; });
    },
    told: () => JSON.stringify({ cannot, seen }),
  };
})();

// What changes without the status: the lab would play the moment at which it has asked.
globalThis.console = { log: () => {}, error: () => {} };
for (const name of ['Date', 'performance', 'setTimeout', 'WeakRef']) delete globalThis[name];
delete Math.random;
