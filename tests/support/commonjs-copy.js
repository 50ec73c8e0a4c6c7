const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { transformSync } = require('@swc/core');

/**
 * Node can require an ES module, jest cannot require a file named `.mjs` whatever transform it has. So such a module is
 * compiled into a CommonJS file in .cache, and the module name is mapped to it.
 * @param {string} name as it is imported
 * @returns {string} path of the copy
 */
function commonJsCopy(name) {
  const original = require.resolve(name);
  const folder = join(__dirname, '..', '..', '.cache', 'jest');
  const copy = join(folder, `${name.replaceAll('/', '-')}.js`);
  const { code } = transformSync(readFileSync(original, 'utf8'), {
    filename: original,
    swcrc: false,
    jsc: { target: 'es2022', parser: { syntax: 'ecmascript' } },
    module: { type: 'commonjs' },
  });
  mkdirSync(folder, { recursive: true });
  const draft = `${copy}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, copy);
  return copy;
}

module.exports = { commonJsCopy };
