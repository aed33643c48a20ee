// Calls methods of the official SDK. The first line of the output has the names of its public methods; after that, each
// line of the input is a call, and the next line of the output is its result or error.
'use strict';

const readline = require('readline');
const Cronofy = require('cronofy');

function write (value) {
  process.stdout.write(JSON.stringify(value) + '\n');
}

function callWithPromise (client, method, options) {
  return client[method](options);
}

function callWithCallback (client, method, options) {
  return new Promise((resolve, reject) => {
    client[method](options, (error, value) => error ? reject(error) : resolve(value));
  });
}

async function respond ({ url, config, method, options, callback }) {
  const client = new Cronofy(config);
  client.urls.api = url;
  try {
    const value = await (callback ? callWithCallback : callWithPromise)(client, method, options);
    return { value, config: client.config };
  } catch (error) {
    return { error: error.message, status: error.statusCode, config: client.config };
  }
}

async function main () {
  write(Object.keys(Cronofy.prototype).filter((name) => !name.startsWith('_')));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    write(await respond(JSON.parse(line)));
  }
}

main();
