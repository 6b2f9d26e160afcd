import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { busyHost, oneService } from './host-facts.ts'
import { installCommand, natives } from './installed-command.ts'
import { portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const root = resolve(import.meta.dirname, '../../packages/portolan')
const bundle = join(root, 'dist/bundle')
const manifest = fromJson<{
  readonly dependencies: Readonly<Record<string, string>>
}>(readFileSync(join(root, 'package.json'), 'utf8'))
const files = readdirSync(bundle)
/** Only installations with a cluster have this package, so it is no dependency. */
const optional = ['@portolan/etcd']
const folder = temporaryFolder({ 'compose.yaml': oneService, 'host.json': busyHost })

test('the bundle loads only its own files, modules of Node, and the libraries that cannot be in it', () => {
  const loaded = files
    .filter((file) => file.endsWith('.cjs'))
    .flatMap((file) => [
      ...readFileSync(join(bundle, file), 'utf8').matchAll(
        // `requireHere` loads native code at the first use (packages/host/src/netlink/raw-netlink.ts).
        /(?<![\w$.])(?:require(?:Here\(\))?(?:\.resolve)?|import)\("([^"]+)"\)/g,
      ),
    ])
    .map(([, name = '']) => name)
  const packages = loaded.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? '')
  expect([...new Set(packages.filter((name) => !isBuiltin(name)))].sort()).toEqual(
    [...natives, ...optional].toSorted(),
  )
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(natives))
})

test('the bundle is text of ASCII alone, which is read byte by byte', () => {
  for (const file of files.filter((name) => name.endsWith('.cjs')))
    expect(readFileSync(join(bundle, file)).every((byte) => byte < 0x80)).toBe(true)
})

test('the bundle comes with the licences of the libraries in it', () => {
  const licences = readFileSync(join(bundle, 'LICENSES.txt'), 'utf8')
  for (const library of ['yaml', 'lmdb', 'ordered-binary'])
    expect(licences).toMatch(new RegExp(`^${library} \\d\\S* \\((MIT|ISC)\\)$`, 'm'))
})

const install = (name: string): string => installCommand(join(folder, name))

const start = (
  installed: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) => run([process.execPath, '--', join(installed, 'bin/portolan.js'), ...words], { folder, environment })

const planned = ['plan', '--json', '--host', 'host.json', '--state', 'state']

test('the command answers alike where nothing but its package and those libraries is installed', async () => {
  const there = await start(install('alone'), planned)
  expect(there).toEqual(await portolan(planned, { folder }))
  expect(fromJson(there.stdout)).toMatchObject({ summary: { add: expect.any(Number) } })
})

describe('what a start loads', () => {
  writeFileSync(
    join(folder, 'told.cjs'),
    `process.on('exit', () => {
  const modules = process.moduleLoadList.flatMap((one) => /^NativeModule (crypto|child_process|http|readline|worker_threads)$/.exec(one)?.[1] ?? [])
  const files = Object.keys(require.cache).filter((file) => file !== __filename)
  require('node:fs').writeSync(2, JSON.stringify({ modules, files }))
})`,
  )
  const loadedBy = async (words: readonly string[]) => {
    const environment = { NODE_OPTIONS: `--require=${join(folder, 'told.cjs')}` }
    const { stderr } = await portolan(words, { folder, environment })
    const { modules, files: paths } = fromJson<{ modules: string[]; files: string[] }>(stderr)
    return { modules, files: paths.map((path) => relative(root, path)) }
  }
  const own = ['bin/portolan.js', 'dist/bundle/main.cjs']

  test.each([
    ['--version', ['--version']],
    ['--help', ['--help']],
    ['help of a command', ['plan', '--help']],
    ['plan of files', planned],
    ['plan of files in words', ['plan', '--host', 'host.json', '--backend', 'iptables-nft']],
    ['subnet of a file', ['subnet', '--host', 'host.json']],
  ])('%s: no native code, and nothing of Node for programs, keys, questions or servers', async (_, words) => {
    expect(await loadedBy(words)).toEqual({ modules: [], files: own })
  })
})

test('help is there without the file of the commands, and the same', async () => {
  const installed = install('help-alone')
  const asked = [
    [],
    ['help'],
    ['-h'],
    ['help', 'plan'],
    ['--json', '--help'],
    ['plan', '-h'],
    ['nope', '--help'],
  ]
  const answers = async () => Promise.all(asked.map((words) => start(installed, words)))
  const whole = await answers()
  const folder = join(installed, 'dist/bundle')
  for (const name of readdirSync(folder)) if (name.startsWith('commands-')) rmSync(join(folder, name))
  expect(await answers()).toEqual(whole)
  // A command line that may not be a question for help loads the file with all commands.
  const { stderr } = await start(installed, ['move', '--', '--help'])
  expect(stderr).toContain('commands-')
})

describe('what V8 compiled of the command', () => {
  const testAsRoot = process.geteuid?.() === 0 ? test : test.skip
  const keptIn = (installed: string): readonly string[] => {
    const compiled = join(installed, 'dist/compiled')
    return existsSync(compiled) ? readdirSync(compiled).sort() : []
  }

  test('is kept beside the bundle, for each command, by the first run that does its work', async () => {
    const installed = install('kept')
    await start(installed, ['--version'])
    await start(installed, ['plan', '--no-such-option'])
    await start(installed, ['nonsense'])
    expect(keptIn(installed)).toEqual([])
    const first = await start(installed, planned)
    await start(installed, ['plan', '--help'])
    expect(keptIn(installed)).toEqual([
      expect.stringMatching(/^commands-\w+\.plan\.\d/),
      expect.stringMatching(/^help-\w+\.help\.\d/),
    ])
    const [file = ''] = keptIn(installed)
    const compiled = join(installed, 'dist/compiled', file)
    expect(statSync(compiled).mode & 0o777).toBe(0o644)
    const before = statSync(compiled).ino
    expect(await start(installed, planned)).toEqual(first)
    expect(statSync(compiled).ino).toBe(before)
  })

  test('serves the help of commands that stay and of those that end', async () => {
    const installed = install('all-help')
    await start(installed, ['plan', '--help'])
    const [file = ''] = keptIn(installed)
    const compiled = join(installed, 'dist/compiled', file)
    const { ino: first } = statSync(compiled)
    for (const command of ['watch', 'cluster', 'docker-plugin']) await start(installed, [command, '--help'])
    expect([keptIn(installed), statSync(compiled).ino]).toEqual([[file], first])
  })

  test('grows by what a later run compiles besides, at times that are further and further apart', async () => {
    const installed = install('grown')
    const nothing = join(installed, 'nothing.yaml')
    writeFileSync(nothing, 'name: nothing\nservices: {}\n')
    const planNothing = ['plan', '-f', nothing, '--host', join(folder, 'host.json')]
    await start(installed, planNothing)
    const [file = ''] = keptIn(installed)
    const compiled = join(installed, 'dist/compiled', file)
    const { size: small, ino: first } = statSync(compiled)
    // Sets the last check to a day after the file was made. So the next check is due a day later.
    const later = statSync(compiled).birthtimeMs / 1000 + 86_400
    utimesSync(compiled, later, later)
    await start(installed, planned)
    expect(statSync(compiled).ino).toBe(first)
    expect(Math.round(statSync(compiled).mtimeMs)).toBe(Math.round(later * 1000))
    utimesSync(compiled, 0, 0)
    await start(installed, planned)
    const { size: grown, ino: second } = statSync(compiled)
    expect(grown).toBeGreaterThan(small * 1.1)
    utimesSync(compiled, 0, 0)
    await start(installed, planNothing)
    expect(statSync(compiled)).toMatchObject({ size: grown, ino: second })
    // The check was recorded.
    expect(statSync(compiled).mtimeMs).toBeGreaterThan(0)
  })

  test.each([
    ['nothing', 0],
    ['half', 0.5],
  ])('is not needed: where %s of it is left, the text is compiled', async (what, part) => {
    const installed = install(`cut-${what}`)
    const first = await start(installed, planned)
    const [file = ''] = keptIn(installed)
    const compiled = join(installed, 'dist/compiled', file)
    truncateSync(compiled, Math.floor(statSync(compiled).size * part))
    expect(await start(installed, planned)).toEqual(first)
  })

  test('is kept for each set of options that Node is given, and replaced where V8 refuses it', async () => {
    const installed = install('with-options')
    const first = await start(installed, planned)
    const [plain = ''] = keptIn(installed)
    // V8 of Node 24 accepts compiled code from a process with another heap size. It refuses code from one with another
    // limit of stack traces.
    const withOptions = { NODE_OPTIONS: '--max-old-space-size=2048 --stack-trace-limit=7' }
    expect(await start(installed, planned, withOptions)).toEqual(first)
    const both = keptIn(installed)
    const [other = '', ...more] = both.filter((name) => name !== plain)
    expect([both.length, more]).toEqual([2, []])
    const compiled = join(installed, 'dist/compiled')
    const [ours, theirs] = [join(compiled, plain), join(compiled, other)]
    const made = statSync(theirs).ino
    expect(await start(installed, planned, withOptions)).toEqual(first)
    expect(statSync(theirs).ino).toBe(made)
    // The header that V8 compares: versions, the text and the options.
    const headOf = (file: string): Buffer => readFileSync(file).subarray(0, 16)
    const head = headOf(ours)
    expect(headOf(theirs)).not.toEqual(head)
    copyFileSync(theirs, ours)
    expect(await start(installed, planned)).toEqual(first)
    expect(headOf(ours)).toEqual(head)
    expect(keptIn(installed)).toEqual(both)
  })

  test('is kept for each set of options that programs which load the same file have', async () => {
    const shared = join(folder, 'shared')
    mkdirSync(join(shared, 'dist/bundle'), { recursive: true })
    const answer = join(shared, 'dist/bundle/answer-1.cjs')
    writeFileSync(answer, '(function (exports) { exports.answer = 42 })')
    const loader = resolve(root, '../host/dist/file/index.js')
    const load = async (stays: boolean): Promise<readonly unknown[]> => {
      const program = join(shared, 'program.mjs')
      writeFileSync(
        program,
        `import { loadScript, prepareStart } from ${JSON.stringify(loader)}
prepareStart({ stays: ${stays} })
loadScript(${JSON.stringify(answer)}, 'answer').keep()`,
      )
      await run([process.execPath, '--', program], { folder })
      return keptIn(shared).map((name) => [name, statSync(join(shared, 'dist/compiled', name)).ino])
    }
    await load(true)
    const kept = await load(false)
    expect(kept).not.toEqual([])
    expect([await load(true), await load(false)]).toEqual([kept, kept])
  })

  test('is not kept where the user or the place does not want it', async () => {
    const installed = install('unkept')
    const first = await start(installed, planned, { NODE_DISABLE_COMPILE_CACHE: '1' })
    expect(keptIn(installed)).toEqual([])
    writeFileSync(join(installed, 'dist/compiled'), 'no folder')
    expect(await start(installed, planned)).toEqual(first)
  })

  testAsRoot('is not kept by root in a folder of another user', async () => {
    const installed = install('of-another')
    chownSync(join(installed, 'dist'), 12_345, 12_345)
    await start(installed, planned)
    expect(keptIn(installed)).toEqual([])
  })
})
