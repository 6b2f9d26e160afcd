import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { describe, expect, test } from '@jest/globals'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { fromJson } from '../from-json.ts'
import {
  billOf,
  bundledIn,
  directIn,
  forbiddenIn,
  installedFor,
  isBundled,
  librariesOfLicences,
  librariesOfModules,
  nameOf,
} from './bills.ts'
import { compile, entriesOf, installConsumer, nodes, runNode } from './consumer.ts'
import { packAll } from './packed.ts'
import { packedBytes } from './size-budget.ts'

const tarballs = packAll()
const folder = installConsumer(tarballs)
const entries = entriesOf(folder, tarballs)

const manifestOf = (path: string): Readonly<Record<string, unknown>> =>
  fromJson<Readonly<Record<string, unknown>>>(
    readFileSync(join(folder, 'node_modules', path, 'package.json'), 'utf8'),
  )

describe.each(tarballs)('$file', ({ path, file, files }) => {
  test('holds what is used of it, and nothing of the build', () => {
    expect(files.filter((name) => /\.map$|tsbuildinfo|^src\/|\/test\/|node_modules/.test(name))).toEqual([])
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'SECURITY.md']))
  })

  test('has texts whose links lead somewhere from wherever they are read', () => {
    const linksOf = (name: string): readonly string[] =>
      [
        ...execFileSync('tar', ['xzOf', path, `package/${name}`], { encoding: 'utf8' }).matchAll(
          /\]\(([^)\s]+)\)/g,
        ),
      ].map(([, target = '']) => target)
    const links = [...linksOf('README.md'), ...linksOf('SECURITY.md')]
    expect(links.some((link) => link.endsWith('SECURITY.md'))).toBe(true)
    expect(links.filter((link) => !/^https:|^#/.test(link) && !files.includes(link))).toEqual([])
  })

  test('is packed as Node and bundlers want it', async () => {
    const bytes = readFileSync(path)
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('has types that are those of its code, for whatever resolves them', async () => {
    const found = await checkPackage(createPackageFromTarballData(readFileSync(path)))
    const problems = found.types === false ? ['it has no types'] : found.problems
    // TypeScript's old resolution does not know `exports`, and CommonJS must load these entries by `require` of an ES
    // module. Both are expected.
    const isNews = (problem: (typeof problems)[number]): boolean =>
      typeof problem === 'string' ||
      !(
        problem.kind === 'CJSResolvesToESM' ||
        ('resolutionKind' in problem && problem.resolutionKind === 'node10')
      )
    expect(problems.filter(isNews)).toEqual([])
  })

  test('is no larger than its budget', () => {
    const name = file.replace(/-\d+\.\d+\.\d+\.tgz$/, '')
    expect(statSync(path).size).toBeLessThan(packedBytes[name] ?? 0)
  })
})

describe.each(tarballs)('the bill of materials of $file', (tarball) => {
  const bill = billOf(tarball)
  const name = nameOf(bill.metadata.component)
  const { version, license, dependencies = {} } = manifestOf(name)
  // A library that is in the bundle and no further dependency, so npm installs nothing of it.
  const installed = bill.components.filter(
    (one) => !isBundled(one) || installedFor(folder, name).includes(nameOf(one)),
  )

  test('is of this package', () => {
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { version } } })
    expect(bill.metadata.component.licenses).toEqual([{ license: { id: license } }])
  })

  test('has what the package depends on, and what npm installs for that', () => {
    const bundledOnly = bill.components.filter((one) => !installed.includes(one)).map(nameOf)
    expect(directIn(bill).filter((one) => !bundledOnly.includes(one))).toEqual(
      Object.keys(dependencies as object).toSorted(),
    )
    expect([...new Set(installed.map(nameOf))].toSorted()).toEqual(installedFor(folder, name))
  })

  test('names for each library a licence that may come with a copy', () => {
    expect(forbiddenIn(bill)).toEqual([])
  })

  test('has the libraries whose code the package ships, and so have the licences beside that code', () => {
    const dist = join(folder, 'node_modules', name, 'dist')
    // The bundle's licences must be those of the modules that esbuild put into it.
    const bundle = join(dist, 'bundle')
    const shipped = existsSync(bundle) ? librariesOfLicences(bundle) : []
    expect(bundledIn(bill)).toEqual(shipped)
    expect(shipped.length > 0).toBe(['portolan', '@portolan/cni', '@portolan/etcd'].includes(name))
    // No other file ships foreign code.
    expect(librariesOfModules(dist)).toEqual([])
  })
})

test('every entry is there to be tried', () => {
  expect(entries).toEqual(expect.arrayContaining(['portolan', '@portolan/core', '@portolan/netfilter/text']))
})

describe.each(nodes)('installed in an empty project, on Node $version', ({ program }) => {
  const loaded = `console.log(all.every((one) => Object.keys(one).length > 0) ? 'loaded' : 'empty')`

  test('every entry is imported', () => {
    const text = `const all = await Promise.all(${JSON.stringify(entries)}.map((one) => import(one)))\n${loaded}`
    expect(runNode(program, folder, '--input-type=module', '--eval', text)).toEqual({
      status: 0,
      stdout: 'loaded\n',
      stderr: '',
    })
  })

  test('every entry is required', () => {
    const text = `const all = ${JSON.stringify(entries)}.map((one) => require(one))\n${loaded}`
    expect(runNode(program, folder, '--no-warnings', '--input-type=commonjs', '--eval', text)).toEqual({
      status: 0,
      stdout: 'loaded\n',
      stderr: '',
    })
  })

  test('the command says its version', () => {
    const { version } = manifestOf('portolan')
    const bin = join(folder, 'node_modules/.bin/portolan')
    expect(runNode(program, folder, bin, '--version').stdout).toContain(String(version))
  })
})

const useAll = `${entries.map((one, at) => `import * as m${at} from '${one}'`).join('\n')}
export const all = [${entries.map((_, at) => `m${at}`).join(', ')}]
import { type LiveHost, openHost } from 'portolan'
export const host: Promise<LiveHost> = openHost({ backend: 'nftables' })
// @ts-expect-error: the types are there, and refuse what is wrong
export const wrong = openHost({ backend: 'pf' })
`

describe.each(['typescript-5.4', 'typescript'] as const)('the declarations, to %s', (version) => {
  test('compile by nodenext, each of them looked at, where a project has no types of Node', () => {
    writeFileSync(join(folder, 'index.ts'), useAll)
    const options = { module: 'nodenext', moduleResolution: 'nodenext', types: [], skipLibCheck: false }
    expect(compile(folder, version, options)).toBe('')
  })

  test('compile by a bundler, beside the types of Node 12, which netlink brings', () => {
    writeFileSync(join(folder, 'index.ts'), useAll)
    expect(manifestOf('@types/node').version).toMatch(/^12\./)
    const options = { module: 'esnext', moduleResolution: 'bundler', types: ['node'], skipLibCheck: true }
    expect(compile(folder, version, options)).toBe('')
  })
})

describe('a program that uses portolan', () => {
  const page = readFileSync(new URL('../../docs/embed-in-an-orchestrator.md', import.meta.url), 'utf8')
  const [, line = ''] = /```sh\n(esbuild [^`]*)```/.exec(page) ?? []
  const program = `import { intent, openHost, openLeaseStore, plan, readCompose, readHost } from 'portolan'
const shop = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
const p = await plan(shop, { facts: {}, rules: null, backend: 'nftables' })
const { leases } = await openLeaseStore('none').read()
const { interfaces = [] } = await readHost()
console.log(p.subnets[0]?.subnet, leases, interfaces.length > 0, intent('shop').project, typeof openHost)`

  test.each([
    ['as the page says', line],
    [
      'with its packages outside',
      'esbuild app.mjs --bundle --platform=node --format=esm --packages=external --outfile=app.bundle.mjs',
    ],
  ])('is bundled %s, and runs', (_, words) => {
    writeFileSync(join(folder, 'app.mjs'), program)
    const bin = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
    const bundled = runNode('sh', folder, '-c', `PATH="${bin}:$PATH"; ${words}`)
    expect(bundled).toMatchObject({ status: 0 })
    expect(runNode(process.execPath, folder, 'app.bundle.mjs')).toEqual({
      status: 0,
      stdout: '172.17.0.0/16 null true shop function\n',
      stderr: '',
    })
  })

  test.each<['typescript' | 'typescript-5.4', object, string]>([
    ['typescript', { module: 'nodenext' }, ''],
    ['typescript-5.4', { module: 'nodenext' }, 'TS1479'],
    ['typescript-5.4', { module: 'esnext', moduleResolution: 'bundler' }, ''],
  ])('is compiled in a CommonJS file by %s with %j: %j', (version, options, fault) => {
    writeFileSync(join(folder, 'index.cts'), "import { plan } from 'portolan'\nexport const made = plan\n")
    const said = compile(folder, version, { types: [], skipLibCheck: true, ...options }, 'index.cts')
    expect(said === '' ? '' : /TS\d+/.exec(said)?.[0]).toBe(fault)
  })
})
