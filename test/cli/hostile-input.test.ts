import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { oneService, quietHost } from './host-facts.ts'
import { commandLine, type Outcome, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'host.json': quietHost, 'compose.yaml': oneService })

/** A folder for a case that needs certain files, with a Compose file that works. */
const project = (name: string, files: Readonly<Record<string, string>> = {}): string => {
  const made = join(folder, name)
  mkdirSync(made)
  for (const [file, text] of Object.entries({ 'compose.yaml': oneService, 'host.json': quietHost, ...files }))
    writeFileSync(join(made, file), text)
  return made
}

/** Too large inputs must be refused, and must not exhaust this small heap. */
const smallHeap = { NODE_OPTIONS: '--max-old-space-size=500' }

const tried = async (words: readonly string[], where: string): Promise<Outcome> =>
  portolan(words, { folder: where, environment: smallHeap })

const refusal = async (words: readonly string[], where: string): Promise<string> => {
  const [plain, json] = await Promise.all([tried(words, where), tried([...words, '--json'], where)])
  expect({ code: plain.code, stdout: plain.stdout }).toEqual({ code: 1, stdout: '' })
  expect(plain.stderr).not.toMatch(/internal error|^\s+at /m)
  expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 1, stderr: '' })
  const { error } = fromJson<{ error: { code: string; message: string } }>(json.stdout)
  expect(error.code).toMatch(/^(PARSE|INTENT|INVALID_REQUEST)$/)
  expect(plain.stderr).toBe(`portolan: ${error.message}\n`)
  return error.message
}

describe('YAML that would exhaust the stack, the memory or the patience is refused with its place', () => {
  const service = 'services: {web: {ports: ["80:80"]}}\n'
  test.each([
    ['brackets nested a million deep', '['.repeat(1_000_000), /:1:\d+: .*nested too deeply/],
    ['lists nested 100,000 deep', '- '.repeat(100_000), /:1:\d+: .*nested too deeply/],
    ['mappings nested 100,000 deep', `x: ${'{a: '.repeat(100_000)}`, /:1:\d+: .*nested too deeply/],
    [
      'mappings nested by indentation',
      Array.from({ length: 900 }, (_, at) => `${' '.repeat(at)}a:\n`).join(''),
      /:10\d:\d+: .*nested too deeply/,
    ],
    [
      'a chain of anchors 1,000 long',
      `x-0: &a0 [1]\n${Array.from({ length: 1000 }, (_, at) => `x-${at + 1}: &a${at + 1} [*a${at}]\n`).join('')}${service}`,
      /:\d+:\d+: with its aliases unfolded this is nested too deeply/,
    ],
    ['a million documents', '---\n'.repeat(1_000_000), /:\d+:\d+: .*more than 1000 documents/],
    ['a million tags', '!!str '.repeat(1_000_000), /:1:\d+: .*more than 500000 words/],
    ['ten million comments', '#\n'.repeat(5_000_000), /:\d+:\d+: .*more than 500000 words/],
    [
      'one word of 15 million characters',
      `services: ${'x'.repeat(15 * 2 ** 20)}`,
      /:1:11: services: expected/,
    ],
    ['17 MiB', `${service}#${'x'.repeat(17 * 2 ** 20)}`, /it has \d+ bytes, and at most 16 MiB are read/],
    [
      'bytes that are not UTF-8',
      Buffer.from('services:\n  é: \xff', 'latin1'),
      /:2:3: byte 0xe9 is not UTF-8/,
    ],
    ['UTF-16', Buffer.from(`\ufeff${service}`, 'utf16le'), /it is written in UTF-16/],
  ])('%s', async (name, text, message) => {
    const where = project(name)
    writeFileSync(join(where, 'compose.yaml'), text)
    const said = await refusal(['plan', '--host', 'host.json'], where)
    expect(said).toMatch(message)
    expect(said).toMatch(/^\S*compose\.yaml/)
    expect(said.length).toBeLessThan(3000)
  })

  test('a service that extends another, which extends another, 5,000 times', async () => {
    const services = Array.from({ length: 5000 }, (_, at) => `  s${at}: {extends: s${at + 1}}\n`).join('')
    const where = project('extends', { 'compose.yaml': `services:\n${services}  s5000: {}\n` })
    expect(await refusal(['plan', '--host', 'host.json'], where)).toMatch(/:\d+:\d+: .*extends .*more than/)
  })
})

describe('what would unfold to too much is refused where it is one too many', () => {
  test.each([
    [
      'ten services with every port each',
      `services:\n${Array.from({ length: 10 }, (_, at) => `  s${at}:\n    ports: ["127.0.0.${at + 1}:1-65535:1-65535"]\n`).join('')}`,
      /^compose\.yaml:5:\d+: services\.s1: .* more than 65536 ports/,
    ],
    [
      'ten thousand ports open to five thousand prefixes each',
      `services:\n  web:\n    ports:\n      - target: 80\n        published: "1-10000"\n        x-portolan: {allow_from: [${Array.from({ length: 5000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24`).join()}]}\n`,
      /^compose\.yaml:4:\d+: services\.web: .* more than 2000000 sources/,
    ],
    [
      'a thousand services with 65,535 replicas each',
      `services:\n${Array.from({ length: 1000 }, (_, at) => `  s${at}: {scale: 65535}\n`).join('')}`,
      /^compose\.yaml:3:\d+: services\.s1: .* more than 65536 replicas/,
    ],
    [
      'ports by alias, a thousand for each of a thousand services',
      `x-p: &p\n${Array.from({ length: 900 }, (_, at) => `  - "${at + 1}"\n`).join('')}services:\n${Array.from({ length: 900 }, (_, at) => `  s${at}: {ports: *p}\n`).join('')}`,
      /^compose\.yaml:\d+:\d+: services\.s\d+: .* more than 65536 ports/,
    ],
    [
      'a variable of a variable',
      'services: {web: {ports: ["$A31:80"]}}',
      /\/\.env:15:5: A14: variables unfold to more than/,
    ],
  ])('%s', async (name, text, message) => {
    const doubling = Array.from({ length: 31 }, (_, at) => `A${at + 1}=\${A${at}}\${A${at}}\n`).join('')
    const env: Record<string, string> =
      name === 'a variable of a variable' ? { '.env': `A0=${'a'.repeat(10)}\n${doubling}` } : {}
    const where = project(name, { 'compose.yaml': text, ...env })
    expect(await refusal(['plan', '--host', 'host.json'], where)).toMatch(message)
  })
})

test('rules of 10,000 chains that lead from one to the next are planned beside', async () => {
  const count = 10_000
  const chains = Array.from({ length: count }, (_, at) => `:C${at} - [0:0]\n`).join('')
  const jumps = Array.from({ length: count - 1 }, (_, at) => `-A C${at} -p tcp -j C${at + 1}\n`).join('')
  const rules = `*filter\n:FORWARD ACCEPT [0:0]\n${chains}-A FORWARD -j C0\n${jumps}COMMIT\n`
  const where = project('chains', { rules })
  const { code, stderr } = await tried(['plan', '--host', 'host.json', '--iptables-save', 'rules'], where)
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
})

test('a line of 20 million characters for evaluate is an error in its place, and the next is answered', async () => {
  const packet = '{"in": "eth0", "source": "198.51.100.7", "destination": "192.0.2.2", "protocol": "icmp"}'
  const { code, stdout } = await portolan(['evaluate', '--host', 'host.json'], {
    folder,
    input: `${'x'.repeat(20_000_000)}\n${packet}\n${'y'.repeat(100_000)}`,
    environment: { NODE_OPTIONS: '--max-old-space-size=100' },
  })
  const answers = stdout
    .trim()
    .split('\n')
    .map((line): unknown => fromJson(line))
  expect(code).toBe(1)
  expect(answers).toEqual([
    { error: expect.objectContaining({ code: 'PARSE', line: 1, column: 65_537 }) },
    expect.objectContaining({ outcome: expect.any(String) }),
    { error: expect.objectContaining({ code: 'PARSE', line: 3 }) },
  ])
})

describe('JSON nested 10,000 deep', () => {
  const deep = '['.repeat(10_000)
  const whole = `${deep}${']'.repeat(10_000)}`

  test.each([
    ['--host', `{"interfaces": ${whole}}`],
    ['--host', `{"x": ${deep}`],
    ['--nft-json', `{"nftables": [{"rule": ${whole}}]}`],
  ])('in %s is refused with its place', async (option, text) => {
    const where = project(`deep${text.length}`, { 'deep.json': text })
    const said = await refusal(
      ['plan', option, 'deep.json', ...(option === '--host' ? [] : ['--host', 'host.json'])],
      where,
    )
    expect(said).toMatch(/^deep\.json:1:\d+: .*nested more than 200 deep/)
  })

  test('in a packet is an error in its place, and the next packet is answered', async () => {
    const packet = '{"in": "eth0", "source": "198.51.100.7", "destination": "192.0.2.2", "protocol": "icmp"}'
    const { code, stdout } = await portolan(['evaluate', '--host', 'host.json'], {
      folder,
      input: `${whole}\n${packet}\n`,
    })
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line): unknown => fromJson(line))
    expect(code).toBe(1)
    expect(first).toMatchObject({ error: { code: 'PARSE', line: 1 } })
    expect(second).toMatchObject({ outcome: expect.any(String) })
  })
})

describe('what is no file is not waited for where Portolan looks by itself', () => {
  const pipe = (path: string): void => {
    mkdirSync(join(path, '..'), { recursive: true })
    execFileSync('mkfifo', [path])
  }

  test('a pipe called .env', async () => {
    const where = project('pipe-env')
    pipe(join(where, '.env'))
    expect(await refusal(['plan', '--host', 'host.json'], where)).toMatch(
      /\/\.env could not be read: it is a pipe, and only a file is read here\. Put a file in its place, or name another\.$/,
    )
  })

  test('a folder called .env', async () => {
    const where = project('folder-env')
    mkdirSync(join(where, '.env'))
    expect(await refusal(['plan', '--host', 'host.json'], where)).toMatch(
      /\/\.env could not be read: it is a folder\. Put a file in its place, or name another\.$/,
    )
  })

  test('a pipe called compose.yaml', async () => {
    const where = project('pipe-compose')
    execFileSync('rm', [join(where, 'compose.yaml')])
    pipe(join(where, 'compose.yaml'))
    expect(await refusal(['plan', '--host', 'host.json'], where)).toMatch(
      /compose\.yaml could not be read: it is a pipe/,
    )
  })

  test.each([
    ['a pipe', pipe],
    ['a folder', (path: string) => mkdirSync(path, { recursive: true })],
  ])("%s in the place of the user's configuration", async (name, make) => {
    const where = project(`config ${name}`)
    make(join(where, '.config/portolan/config.yaml'))
    expect(await refusal(['plan', '--host', 'host.json'], where)).toMatch(
      /config\.yaml could not be read \(it is a (pipe|folder).*what it reserves could be handed out/,
    )
  })

  test('an .env of 2 MiB', async () => {
    const where = project('long-env', { '.env': `A=${'x'.repeat(2 ** 21)}` })
    expect(await refusal(['plan', '--host', 'host.json'], where)).toMatch(
      /\.env could not be read: it has 2097154 bytes, and at most 1 MiB are read/,
    )
  })
})

test('a pipe that the user names is read, and so is standard input', async () => {
  const [node = '', , script = ''] = commandLine
  const { code, stderr } = await run(
    [
      'bash',
      '-c',
      `"$0" "$1" plan --host <(cat host.json) -f - < <(cat compose.yaml) >/dev/null`,
      node,
      script,
    ],
    { folder },
  )
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
})

test('a device without an end is given up when it has sent too much', async () => {
  expect(await refusal(['plan', '-f', '/dev/zero', '--host', 'host.json'], folder)).toBe(
    '/dev/zero could not be read: it has more than 16 MiB. Make it smaller, or name another.',
  )
})

test.each([['script', '--format', 'nft'], ['conflicts'], ['plan'], ['report', '-o', 'report.html']])(
  'a name and a sentence with newlines end no line of what %s says',
  async (...words) => {
    const forged = 'nginx\nportolan: all is well'
    const facts = {
      ...fromJson<object>(quietHost),
      sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: forged }],
      unread: [`What ${forged} wrote could not be read.`],
    }
    const where = project(`forged ${words.join(' ')}`, { 'host.json': JSON.stringify(facts) })
    const { stdout, stderr } = await portolan([...words, '--host', 'host.json'], { folder: where })
    expect(`${stdout}${stderr}`).toContain('nginx\\nportolan: all is well')
    expect(`${stdout}${stderr}`).not.toMatch(/^\s*portolan: all is well/m)
  },
)
