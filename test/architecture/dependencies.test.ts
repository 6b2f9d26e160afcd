import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { importsOf, sourcesOf } from './import-graph.ts'

const root = resolve(import.meta.dirname, '../..')

/** The packages that planning needs: the model of a host, and the parts for the code that searches it. */
const pure = [
  '@portolan/netfilter',
  '@portolan/netfilter/analysis',
  '@portolan/netfilter/advice',
  '@portolan/netfilter/schema',
  '@portolan/netfilter/sysctls',
  '@portolan/netfilter/text',
]

const dialect = [
  '@portolan/core',
  '@portolan/core/planning',
  '@portolan/netfilter',
  '@portolan/netfilter/text',
  '@portolan/netfilter/schema',
]

/** The packages that each package may import: portolan -> {iptables, nftables, host} -> core -> netfilter. */
const allowed: Record<string, readonly string[]> = {
  netfilter: [],
  core: pure,
  host: [
    '@portolan/core',
    '@portolan/core/after-silence',
    '@portolan/core/netlink',
    // Messages about the stored cluster state contain commands from core.
    '@portolan/core/planning',
    '@portolan/netfilter',
    '@portolan/netfilter/schema',
    '@portolan/netfilter/sysctls',
  ],
  iptables: dialect,
  nftables: [...dialect, '@portolan/core/netlink'],
  portolan: [
    '@portolan/core',
    '@portolan/core/after-silence',
    '@portolan/core/planning',
    // Loaded only when a cluster is named, so it is no dependency.
    '@portolan/etcd',
    '@portolan/host',
    // Reads a file without loading netlink and LMDB.
    '@portolan/host/file',
    '@portolan/host/handover',
    '@portolan/iptables',
    '@portolan/netfilter',
    '@portolan/netfilter/ip-num',
    '@portolan/netfilter/schema',
    '@portolan/netfilter/sysctls',
    '@portolan/netfilter/text',
    '@portolan/nftables',
  ],
  // Not `portolan` itself, which reads this host with native code.
  testing: [
    'portolan/machine',
    '@portolan/core',
    '@portolan/core/planning',
    '@portolan/iptables',
    '@portolan/netfilter',
    '@portolan/netfilter/advice',
    '@portolan/netfilter/schema',
    '@portolan/netfilter/sysctls',
    '@portolan/netfilter/text',
    '@portolan/nftables',
  ],
  // Used by the facade, which loads it only when a cluster is named.
  etcd: [
    '@portolan/core',
    '@portolan/core/after-silence',
    '@portolan/core/block-store-error',
    '@portolan/netfilter',
  ],
  // Built on the facade, and uses it as any other program does.
  cni: [
    'portolan',
    '@portolan/core',
    '@portolan/core/planning',
    '@portolan/host',
    '@portolan/host/file',
    '@portolan/host/handover',
    '@portolan/netfilter',
    '@portolan/netfilter/schema',
  ],
}

/** Registry packages that a package may import. A dialect gets its Runner and its socket from the caller. */
const libraries: Record<string, readonly string[]> = {
  netfilter: ['ip-num', 'valibot'],
  core: ['@noble/hashes/sha2.js', '@noble/hashes/utils.js', '@noble/hashes', 'saxes', 'yaml'],
  host: ['lmdb', 'netlink/dist/raw.js', 'netlink'],
  iptables: [],
  nftables: [],
  portolan: ['@bomb.sh/tab', 'string-width'],
  testing: ['@jest/globals', 'fast-check', 'vitest'],
  cni: ['@noble/hashes/sha2.js', '@noble/hashes/utils.js', '@noble/hashes'],
  etcd: ['cockatiel', 'etcd3'],
}

/** Packages that a bundle loads from outside itself, for the reasons in script/bundle-options.js. */
const besideBundle: Record<string, readonly string[]> = {
  portolan: ['lmdb', 'netlink', '@bomb.sh/tab'],
  cni: ['lmdb', 'netlink'],
}

/**
 * Libraries that only the command uses. They are in its bundle, and are no dependency of a program that imports the
 * package.
 */
const inBundle: Record<string, readonly string[]> = { portolan: ['prom-client'] }

/** The name in package.json for an import specifier. */
const dependencyOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** The workspace package that an import belongs to, by its name or by a path; null: none. */
const packageOf = (file: string, specifier: string): string | null => {
  if (specifier.startsWith('.'))
    return /^packages\/([^/]+)\//.exec(relative(root, resolve(dirname(file), specifier)))?.[1] ?? null
  return (
    /^@portolan\/([^/]+)|^(portolan)(?:\/|$)/
      .exec(specifier)
      ?.slice(1)
      .find((name) => name) ?? null
  )
}

const mayUseNode = new Set(['host', 'portolan', 'testing', 'cni', 'etcd'])

describe.each(Object.keys(allowed))('package %s', (name) => {
  const files = sourcesOf(name)
  const imports = files.flatMap((file) =>
    importsOf(file).map((specifier) => ({ file: relative(root, file), specifier })),
  )

  test('has sources', () => {
    expect(files.length).toBeGreaterThan(0)
  })

  test('imports only the packages the dependency rule allows', () => {
    const bare = imports.filter(
      ({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'),
    )
    const may = [...(allowed[name] ?? []), ...(libraries[name] ?? []), ...(inBundle[name] ?? [])]
    expect(bare.filter(({ specifier }) => !may.includes(specifier))).toEqual([])
  })

  test('stays inside its own folder with relative imports', () => {
    const outside = imports.filter(
      ({ file, specifier }) =>
        specifier.startsWith('.') &&
        relative(join(root, 'packages', name, 'src'), resolve(root, dirname(file), specifier)).startsWith(
          '..',
        ),
    )
    expect(outside).toEqual([])
  })

  test('is tested without packages that it may not import', () => {
    const folder = join(root, 'packages', name, 'test')
    const may = [
      name,
      ...(allowed[name] ?? []).map((specifier) => dependencyOf(specifier).replace('@portolan/', '')),
    ]
    const others = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file))
      .flatMap((file) =>
        importsOf(file).flatMap((specifier) => {
          const other = packageOf(file, specifier)
          return other === null || may.includes(other) ? [] : [`${relative(root, file)}: ${specifier}`]
        }),
      )
    expect(others).toEqual([])
  })

  if (!mayUseNode.has(name)) {
    test('runs without Node: no node: import, no process, no Buffer', () => {
      expect(imports.filter(({ specifier }) => specifier.startsWith('node:'))).toEqual([])
      const touching = files.filter((file) =>
        /\b(process\.|Buffer\b|require\(|__dirname|globalThis\.process)/.test(
          readFileSync(file, 'utf8')
            .replace(/\/\*[\s\S]*?\*\//g, '')
            .replace(/\/\/.*$/gm, '')
            .replace(/'[^'\n]*'/g, "''"),
        ),
      )
      expect(touching.map((file) => relative(root, file))).toEqual([])
    })
  }

  test('has no dependency in its package.json that the rule forbids', () => {
    const manifest = fromJson<{
      dependencies?: Record<string, string>
    }>(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    const may = [
      ...(allowed[name] ?? []).map(dependencyOf),
      ...(libraries[name] ?? []),
      ...(besideBundle[name] ?? []),
    ]
    expect(
      Object.keys(manifest.dependencies ?? {}).filter((dependency) => !may.includes(dependency)),
    ).toEqual([])
  })
})

describe('the command', () => {
  test('is imported by nothing', () => {
    const importers = Object.keys(allowed).flatMap((name) =>
      sourcesOf(name)
        .filter((file) => !relative(join(root, 'packages', name, 'src'), file).startsWith('command/'))
        .filter((file) => importsOf(file).some((specifier) => /(^|\/)command(\/|$)/.test(specifier))),
    )
    expect(importers).toEqual([])
  })
})

describe('every package', () => {
  test('keeps its files under 300 lines, so that each holds one concept', () => {
    const long = Object.keys(allowed).flatMap((name) =>
      sourcesOf(name)
        .filter((file) => readFileSync(file, 'utf8').split('\n').length > 301)
        .map((file) => relative(root, file)),
    )
    expect(long).toEqual([])
  })

  test('only re-exports from an index.ts', () => {
    const busy = Object.keys(allowed).flatMap((name) =>
      sourcesOf(name)
        .filter((file) => file.endsWith('/index.ts'))
        .filter((file) => {
          const code = readFileSync(file, 'utf8')
            .replace(/\/\*[\s\S]*?\*\//g, '')
            .replace(/^\s*\/\/.*$/gm, '')
          return (
            code
              .replace(/export\s+(type\s+)?(\*|\{[^}]*\})(\s+as\s+\w+)?\s+from\s+'[^']+'/g, '')
              .replace(/export \{\}/g, '')
              .trim() !== ''
          )
        })
        .map((file) => relative(root, file)),
    )
    expect(busy).toEqual([])
  })
})

test('what talks to etcd loads of core its errors and waits alone: all of core takes longer to load than the client of etcd', () => {
  const loaded = sourcesOf('etcd').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^import (?!type )[^']*'(@portolan\/core[^']*)'/gm)].map(
      ([, specifier]) => specifier,
    ),
  )
  expect([...new Set(loaded)].sort()).toEqual([
    '@portolan/core/after-silence',
    '@portolan/core/block-store-error',
  ])
})
