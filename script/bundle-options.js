/** The esbuild options that bundle sources of this workspace into modules for Node. */
import { join } from 'node:path'
import { packageEntries } from './package-entries.js'

/** @type {import('esbuild').BuildOptions} */
export const bundleOptions = {
  absWorkingDir: join(import.meta.dirname, '..'),
  bundle: true,
  // A command's code is loaded when the command is used, so `portolan --version` costs what Node itself costs.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // lmdb and netlink load native code from beside their own files. @bomb.sh/tab ships no text of its licence, which a
  // copy in the bundle would have to carry. @portolan/etcd is an optional package, for clusters only.
  external: ['lmdb', 'netlink', '@bomb.sh/tab', '@portolan/etcd'],
  // Imports lead to the sources, and not to the files that tsc has built.
  alias: Object.fromEntries(
    packageEntries
      .filter((entry) => entry.package !== 'etcd')
      .map(({ specifier, source }) => [specifier, `./${source}`]),
  ),
  tsconfig: 'tsconfig.base.json',
  // Some libraries are CommonJS and load Node's modules with `require`. esbuild does not see the names of a banner, so a
  // source that imported something by the same name would declare it twice.
  banner: {
    js: "import { createRequire as requireOfBanner } from 'node:module'\nconst require = requireOfBanner(import.meta.url)",
  },
  logLevel: 'warning',
}
