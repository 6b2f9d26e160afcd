/**
 * Puts the library, as it ships, into one file for the small programs that suites start on a host. Node takes longer to
 * load its modules than most of these programs take, and can be handed what V8 compiled of a script, but not of a module.
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

/** These load native code from beside their own files, or are not there unless they are named. */
const outside = ['netlink', '@bomb.sh/tab', '@portolan/etcd']

const ofHost = createRequire(import.meta.resolve('@portolan/host'))

/** What stays outside is found where the file that asks for it lies. */
const asWhereItLies = {
  name: 'as-where-it-lies',
  setup: ({ onResolve, onLoad, resolve }) => {
    onResolve(
      { filter: new RegExp(`^(${outside.join('|')})($|/)`) },
      async ({ path, kind, resolveDir, pluginData }) => {
        // An import of netlink goes to a stand-in (load-when-used.js), and this is asked for what that one requires.
        if (pluginData === outside || (path.startsWith('netlink') && kind === 'import-statement'))
          return undefined
        const found = await resolve(path, { kind, resolveDir, pluginData: outside })
        // What is not installed is an error only where it is used.
        return { path: found.errors.length > 0 ? path : found.path, external: true }
      },
    )
    // Its JavaScript is in the file. Where its native code is installed it asks when it is loaded.
    onResolve({ filter: /^lmdb$/ }, ({ path, kind }) =>
      kind === 'require-resolve' ? { path: ofHost.resolve(path), external: true } : undefined,
    )
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
    // A text that was compiled before cannot import (`A dynamic import callback was not specified`, Node 20).
    supported: { 'dynamic-import': false },
    banner: { js: moduleFunction.open },
    footer: { js: moduleFunction.close },
    plugins: [asWhereItLies, loadWhenUsed, nativeApart],
    // Packages do nothing when they are loaded.
    logOverride: { 'ignored-bare-import': 'silent' },
  })
  return outputFiles[0].contents
}

/** What loads it, alone: the entry of the package that has it loads netfilter too. */
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

/** A file is replaced as a whole, and only by a different one: a program that runs meanwhile reads one or the other. */
const put = async (path, contents) => {
  if ((await readFile(path).catch(() => null))?.equals(contents)) return
  await writeFile(`${path}.${process.pid}`, contents)
  await rename(`${path}.${process.pid}`, path)
}

/** Makes what ships, and then the library of it. */
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
