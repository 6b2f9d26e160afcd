/** How esbuild puts sources of this workspace together into modules that Node runs. */
import { join } from 'node:path'
import { packageEntries } from './package-entries.js'

/** @type {import('esbuild').BuildOptions} */
export const bundleOptions = {
  absWorkingDir: join(import.meta.dirname, '..'),
  bundle: true,
  // A command is loaded when it is used: `portolan --version` costs what Node itself costs.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // These load native code from beside their own files.
  // The last comes without the text of its licence, which a copy in the bundle would have to carry.
  // What talks to etcd is installed by those alone that name a cluster.
  external: ['lmdb', 'netlink', '@bomb.sh/tab', '@portolan/etcd'],
  // The sources, not what tsc made of them before.
  alias: Object.fromEntries(
    packageEntries
      .filter((entry) => entry.package !== 'etcd')
      .map(({ specifier, source }) => [specifier, `./${source}`]),
  ),
  tsconfig: 'tsconfig.base.json',
  // Some libraries are CommonJS, and ask for Node's modules with `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)",
  },
  logLevel: 'warning',
}
