import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withCertificates } from '../certificates.js'
import { emptyFolder, type Tarball } from './packed.ts'

/** An empty project that installed only the tarballs with npm. No package's scripts ran. */
export const installConsumer = (tarballs: readonly Tarball[]): string => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","private":true,"type":"module"}')
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error']
  execFileSync('npm', ['install', ...quiet, ...tarballs.map(({ path }) => path)], {
    cwd: folder,
    env: { ...withCertificates(process.env), NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return folder
}

/** These entries need a test framework, which a project brings itself. The suites of their package cover them. */
const ofFrameworks: readonly string[] = ['@portolan/testing/jest', '@portolan/testing/vitest']

/** Every entry of every package, as a consumer writes it: `@portolan/core/planning`. JSON files are left out. */
export const entriesOf = (folder: string, tarballs: readonly Tarball[]): readonly string[] => {
  const require = createRequire(join(folder, 'index.js'))
  const names = tarballs.map(({ file }) =>
    file.replace(/-\d+\.\d+\.\d+\.tgz$/, '').replace(/^portolan-/, '@portolan/'),
  )
  return names.flatMap((name) => {
    const { exports: all } = require(join(folder, 'node_modules', name, 'package.json')) as {
      exports: Readonly<Record<string, unknown>>
    }
    return Object.keys(all)
      .filter((key) => !key.endsWith('.json'))
      .map((key) => `${name}${key.slice(1)}`)
      .filter((entry) => !ofFrameworks.includes(entry))
  })
}

/** The Node of this run, and those that the tests install. */
export const nodes: readonly { readonly version: string; readonly program: string }[] = [
  { version: process.versions.node.split('.')[0] ?? '', program: process.execPath },
  ...['22', '24'].map((version) => ({
    version,
    program: fileURLToPath(
      new URL(`../node-versions/node_modules/node-${version}/bin/node`, import.meta.url),
    ),
  })),
]

/** @returns the output and how the program ended */
export const runNode = (program: string, folder: string, ...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: folder },
  })
  return { status, stdout, stderr }
}

const compiler = (name: 'typescript' | 'typescript-5.4'): string => {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve(`${name}/package.json`)
  const { bin } = require(manifest) as { bin: { tsc: string } }
  return join(dirname(manifest), bin.tsc)
}

/** The messages of a compiler about a file of a project; empty: it compiles. */
export const compile = (
  folder: string,
  version: 'typescript' | 'typescript-5.4',
  options: Readonly<Record<string, unknown>>,
  file = 'index.ts',
): string => {
  const compilerOptions = { noEmit: true, strict: true, target: 'es2022', ...options }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  return runNode(process.execPath, folder, compiler(version)).stdout
}
