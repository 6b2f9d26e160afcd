/**
 * Puts the library, as it ships, into one file for the small programs that suites start on a host. Node takes longer to
 * load its modules than most of these programs take, and can be handed what V8 compiled of a script, but not of a module.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'
import bundle from '../../../script/bundle.js'

const root = join(import.meta.dirname, '../../..')
const folder = join(root, 'dist/library')

const packages = ['core', 'host', 'iptables', 'nftables', 'portolan']

/** These load native code from beside their own files, or are not there unless they are named. */
const outside = ['lmdb', 'netlink', '@bomb.sh/tab', '@portolan/etcd']

/** What stays outside is found where the file that asks for it lies. */
const asWhereItLies = {
  name: 'as-where-it-lies',
  setup: ({ onResolve, onLoad, resolve }) => {
    onResolve(
      { filter: new RegExp(`^(${outside.join('|')})($|/)`) },
      async ({ path, kind, resolveDir, pluginData }) => {
        if (pluginData === outside) return undefined
        const found = await resolve(path, { kind, resolveDir, pluginData: outside })
        // What is not installed is an error only where it is used.
        return { path: found.errors.length > 0 ? path : found.path, external: true }
      },
    )
    onLoad({ filter: /\/packages\/[^/]+\/dist\/.*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
    }))
  },
}

const bundleLibrary = async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: packages
        .map((name) => `export * as ${name} from './packages/${name}/dist/index.js'`)
        .join('\n'),
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // A text that was compiled before cannot import (`A dynamic import callback was not specified`, Node 20).
    supported: { 'dynamic-import': false },
    charset: 'ascii',
    plugins: [asWhereItLies],
    logLevel: 'warning',
    // Packages do nothing when they are loaded.
    logOverride: { 'ignored-bare-import': 'silent' },
  })
  await stop()
  return outputFiles[0].contents
}

/** Makes what ships, and then the library of it. */
export default async () => {
  await bundle()
  const contents = await bundleLibrary()
  const name = `library-${createHash('sha256').update(contents).digest('hex').slice(0, 8)}.cjs`
  const path = join(folder, name)
  await mkdir(folder, { recursive: true })
  if ((await readFile(path).catch(() => null)) !== null) return
  await writeFile(`${path}.${process.pid}`, contents)
  await rename(`${path}.${process.pid}`, path)
  const isOld = (entry) => entry.endsWith('.cjs') && entry !== name
  for (const entry of await readdir(folder)) if (isOld(entry)) await rm(join(folder, entry), { force: true })
  await rm(join(dirname(folder), 'compiled'), { recursive: true, force: true })
}
