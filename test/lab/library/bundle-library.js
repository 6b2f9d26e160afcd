/**
 * Bundles the library, as it ships, into one script for the small programs that suites start on a host. Node takes
 * longer to load the library's modules than most of these programs take. V8's compiled code can be kept for a script,
 * but not for a module.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'
import bundle from '../../../script/bundle.js'
import { nativeApart } from '../../../script/bundle-native.js'
import { loadWhenUsed } from '../../../script/load-when-used.js'
import { moduleFunction } from '../../../script/module-function.js'

const root = join(import.meta.dirname, '../../..')
const folder = join(root, 'dist/library')

const packages = ['core', 'host', 'iptables', 'nftables', 'portolan']

/**
 * Packages that stay out of the bundle: they load native code from beside their own files, or are loaded only by name.
 */
const outside = ['netlink', '@bomb.sh/tab', '@portolan/etcd']

const ofHost = createRequire(import.meta.resolve('@portolan/host'))

/** Resolves a package outside the bundle from the folder of the file that imports it. */
const asWhereItLies = {
  name: 'as-where-it-lies',
  setup: ({ onResolve, onLoad, resolve }) => {
    onResolve(
      { filter: new RegExp(`^(${outside.join('|')})($|/)`) },
      async ({ path, kind, resolveDir, pluginData }) => {
        // load-when-used.js replaces an import of netlink by a stand-in. Only the stand-in's own `require` is handled
        // here.
        if (pluginData === outside || (path.startsWith('netlink') && kind === 'import-statement'))
          return undefined
        const found = await resolve(path, { kind, resolveDir, pluginData: outside })
        // A package that is not installed fails only when it is used.
        return { path: found.errors.length > 0 ? path : found.path, external: true }
      },
    )
    // The JavaScript of lmdb is bundled. At run time it resolves where its native code is installed.
    onResolve({ filter: /^lmdb$/ }, ({ path, kind }) =>
      kind === 'require-resolve' ? { path: ofHost.resolve(path), external: true } : undefined,
    )
    // The bundle is in another folder, from where Node would not find the packages outside.
    onLoad({ filter: /\/packages\/[^/]+\/dist\/.*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
    }))
  },
}

const common = {
  bundle: true,
  write: false,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  charset: 'ascii',
  logLevel: 'warning',
}

const bundleLibrary = async () => {
  const { outputFiles } = await build({
    ...common,
    stdin: {
      contents: packages
        .map((name) => `export * as ${name} from './packages/${name}/dist/index.js'`)
        .join('\n'),
      resolveDir: root,
    },
    // Node 20 cannot run a dynamic import in a precompiled script (`A dynamic import callback was not specified`).
    supported: { 'dynamic-import': false },
    banner: { js: moduleFunction.open },
    footer: { js: moduleFunction.close },
    plugins: [asWhereItLies, loadWhenUsed, nativeApart],
    // These imports are bare because the packages have no side effects, so esbuild's warning is expected.
    logOverride: { 'ignored-bare-import': 'silent' },
  })
  return outputFiles[0].contents
}

/**
 * Bundles the code that loads the script. It comes from two files, because the package's entry would load netfilter
 * too.
 */
const bundleLoader = async () => {
  const { outputFiles } = await build({
    ...common,
    stdin: {
      contents: ['load-script', 'prepare-start']
        .map((name) => `export * from './packages/host/src/file/${name}.ts'`)
        .join('\n'),
      resolveDir: root,
    },
  })
  return outputFiles[0].contents
}

/**
 * Writes a file only where it differs, and by a rename. A program that runs meanwhile reads the old file or the new
 * one.
 */
const put = async (path, contents) => {
  if ((await readFile(path).catch(() => null))?.equals(contents)) return
  await writeFile(`${path}.${process.pid}`, contents)
  await rename(`${path}.${process.pid}`, path)
}

/** Builds what ships, and then bundles the library from it. */
export default async () => {
  await bundle()
  const [contents, loader] = await Promise.all([bundleLibrary(), bundleLoader()])
  await stop()
  const name = `library-${createHash('sha256').update(contents).digest('hex').slice(0, 8)}.cjs`
  await mkdir(folder, { recursive: true })
  await put(join(folder, 'loader.cjs'), loader)
  if ((await readFile(join(folder, name)).catch(() => null)) !== null) return
  await put(join(folder, name), contents)
  const isOld = (entry) => /^library-.*\.cjs$/.test(entry) && entry !== name
  for (const entry of await readdir(folder)) if (isOld(entry)) await rm(join(folder, entry), { force: true })
  await rm(join(dirname(folder), 'compiled'), { recursive: true, force: true })
}
