/**
 * A plugin of esbuild: a program loads the client of etcd from the file that script/bundle-etcd.js makes, with V8's
 * compiled code. The file exists where `@portolan/etcd` is installed.
 */
import { join } from 'node:path'

const source = `const { dirname, join } = require('node:path')
const { loadScript } = require('@portolan/host/file')
const bundle = join(dirname(require.resolve('@portolan/etcd')), 'bundle')
const { exports: client, keep } = loadScript(require(join(bundle, 'client-file.cjs')), 'requests')
// Where the command failed, little of the code may have run.
process.once('exit', (code) => {
  if (code !== 1) keep()
})
module.exports = client`

/** @type {import('esbuild').Plugin} */
export const etcdApart = {
  name: 'etcd-apart',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@portolan\/etcd$/ }, ({ path, kind }) =>
      kind === 'require-resolve' ? { path, external: true } : { path, namespace: 'etcd-apart' },
    )
    onLoad({ filter: /./, namespace: 'etcd-apart' }, () => ({
      contents: source,
      resolveDir: join(import.meta.dirname, '..'),
      loader: 'js',
    }))
  },
}
