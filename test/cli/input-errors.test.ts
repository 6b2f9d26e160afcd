import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { oneService, quietHost } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({
  'host.json': quietHost,
  'compose.yaml': oneService,
  'folder/file': '',
  'broken.json': '{\n  "interfaces": [}\n}\n',
  'wrong-port.json': '{"sockets": [{"port": 70000}]}',
  'prose.txt': 'hello\n',
  'other.json': '{"hello": 1}',
})

describe('a mistake in a Compose file is an error with file, line and column', () => {
  test.concurrent.each([
    ['a bracket that is not closed', 'services:\n  web:\n    ports: ["8080:80"\n', /^input:4:1: /],
    ['a quote that is not closed', 'services: {web: {ports: ["8080:80', /^input:\d:\d+: /],
    ['a key written twice', 'services: {}\nservices: {}\n', /^input:2:1: "services" is written twice/],
    [
      'a port that is no number',
      'services:\n  web:\n    ports: ["80a:80"]\n',
      /^input:3:14: services\.web\.ports\[0\].*"80a"/,
    ],
    ['a network that is not declared', 'services:\n  web:\n    networks: [nope]\n', /^input:3:16: .*"nope"/],
    [
      'the network of a service that is not there',
      'services:\n  web: {ports: ["80:80"], network_mode: "service:db"}\n',
      /^input:2:\d+: .*no service is called "db"/,
    ],
    [
      'two replicas on one host port',
      'services:\n  web: {scale: 2, ports: ["80:80"]}\n',
      /^input:2:\d+: .*2 replicas/,
    ],
    [
      'a variable that has to be set',
      `services:\n  web: {ports: ["\${PORT:?choose one}:80"]}\n`,
      /^input:2:\d+: .*PORT.*choose one/,
    ],
    ['an empty file', '', /^input:1:1: the file is empty/],
  ])('%s', async (_, input, message) => {
    const { code, stdout, stderr } = await portolan(['plan', '--host', 'host.json', '-f', '-'], {
      folder,
      input,
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.replace('portolan: standard input:', 'input:')).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('ports that an internal network cannot publish are said in the plan, which has none of them', async () => {
    const input = 'services:\n  web: {ports: ["80:80"], networks: [n]}\nnetworks: {n: {internal: true}}\n'
    const words = ['plan', '--host', 'host.json', '-f', '-']
    const { stdout, stderr } = await portolan(words, { folder, input })
    expect(stdout + stderr).toMatch(/services\.web: its ports are not published: a network that is internal/)
    const json = await portolan([...words, '--json'], { folder, input })
    expect(fromJson<{ readonly mappings: unknown }>(json.stdout).mappings).toEqual([])
  })

  test('and with --json they are fields', async () => {
    const { code, stdout, stderr } = await portolan(['plan', '--host', 'host.json', '-f', '-', '--json'], {
      folder,
      input: 'services:\n  web:\n    ports: ["80a:80"]\n',
    })
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(fromJson(stdout)).toMatchObject({
      error: {
        code: 'INTENT',
        message: expect.stringContaining('standard input:3:'),
        source: 'standard input',
        line: 3,
        column: expect.any(Number),
      },
    })
  })
})

describe('a file that cannot be used is an error that says why', () => {
  test.concurrent.each([
    [
      'no such Compose file',
      ['-f', 'nowhere.yaml'],
      /nowhere\.yaml could not be read: there is no such file/,
    ],
    ['a folder for a Compose file', ['-f', 'folder'], /folder could not be read: it is a folder/],
    ['no such facts', ['--host', 'nowhere.json'], /nowhere\.json could not be read: there is no such file/],
    ['facts that are not JSON', ['--host', 'broken.json'], /broken\.json:2:18: expected host facts as JSON/],
    ['a port above 65535 in facts', ['--host', 'wrong-port.json'], /sockets\[0\]\.port: .*found 70000/],
    [
      'rules that are prose',
      ['--iptables-save', 'prose.txt'],
      /prose\.txt:1:1: expected a comment or "\*table"/,
    ],
    ['nft JSON that is prose', ['--nft-json', 'prose.txt'], /prose\.txt:1:1: .*nft -j list ruleset/],
    ["JSON that is not nft's", ['--nft-json', 'other.json'], /other\.json:1:1: .*nft -j list ruleset/],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await portolan(['plan', ...words], { folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
  })

  test('a file this user may not read', async () => {
    // Root may read every file, but cannot open an ordinary file as a folder.
    const { code, stderr } = await portolan(['plan', '--host', 'host.json/inner'], { folder })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^portolan: host\.json\/inner could not be read: .*\.\n$/)
  })
})
