import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { oneService, quietHost } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { onTerminal } from './terminal.ts'

const folder = temporaryFolder({ 'compose.yaml': oneService, 'host.json': quietHost })
const commands = ['plan', 'apply', 'destroy', 'script', 'subnet', 'conflicts', 'status', 'parse', 'inspect']

describe('help and version', () => {
  test.concurrent.each(['--help', '-h', 'help'])(
    '%s lists every command and the exit codes, and succeeds',
    async (word) => {
      const { code, stdout, stderr } = await portolan([word], { folder })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      for (const command of commands) expect(stdout).toContain(`\n  portolan ${command} `.trimEnd())
      expect(stdout).toMatch(
        /Exit codes: 0 .*, 1 error, 2 .*changes, 3 conflicts.*, 4 no free subnet \(portolan\s+subnet alone; a plan ends with 1\)/,
      )
    },
  )

  test('no word at all is an error that shows the help on standard error', async () => {
    const { code, stdout, stderr } = await portolan([], { folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('portolan plan')
  })

  test.concurrent.each(['--version', '-V', '-v', 'version'])('%s prints the version alone', async (word) => {
    const { code, stdout } = await portolan([word], { folder })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test.concurrent.each(commands)('%s --help lists exactly the options it takes', async (command) => {
    const { code, stdout, stderr } = await portolan([command, '--help'], { folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^portolan ${command}\\b`))
    expect(stdout).toContain('--json')
    expect(stdout.includes('--host ')).toBe(!['apply', 'destroy', 'status', 'parse'].includes(command))
    expect(/--state DIR .* the same for apply and destroy\n +\(default: /.test(stdout)).toBe(
      !['parse', 'inspect'].includes(command),
    )
    expect(stdout.includes('--backend')).toBe(!['destroy', 'subnet', 'parse', 'inspect'].includes(command))
    expect(stdout.includes('--yes')).toBe(['apply', 'destroy'].includes(command))
    expect(stdout.includes('--format')).toBe(command === 'script')
    expect(stdout.includes('--count')).toBe(command === 'subnet')
  })
})

describe('words that mean nothing', () => {
  test.concurrent.each([
    ['a misspelt command', ['plna'], /there is no command "plna"\. Did you mean "plan"\?/],
    ['a misspelt option', ['plan', '--rule'], /'--rule'\. Did you mean --rules\?/],
    ['a misspelt value', ['plan', '--backend', 'nftable'], /Did you mean nftables\?/],
    ['a misspelt pool', ['subnet', '--pool', 'clasic'], /Did you mean classic\?/],
    ['an unknown command', ['frobnicate'], /there is no command "frobnicate".*plan, apply/],
    ['the name of an object method', ['toString'], /there is no command "toString"/],
    ['an unknown option', ['plan', '--frobnicate'], /Unknown option '--frobnicate'/],
    ['an option of another command', ['plan', '--yes'], /`portolan plan` has no option --yes/],
    ['a word too many', ['plan', 'extra'], /"extra" is one word too many/],
    ['a word too few', ['parse'], /a word is missing.*parse FILE/],
    ['an option without its value', ['plan', '--host'], /--host' needs a value/],
    ['an option whose value is the next option', ['plan', '-f', '--json-not'], /-f' needs a value/],
    ['a value where none is taken', ['plan', '--json=yes'], /--json' does not take an argument/],
    [
      'an unknown backend',
      ['plan', '--host', 'host.json', '--backend', 'ipfw'],
      /--backend ipfw: expected one of auto, nftables/,
    ],
    [
      'facts for apply, which is for this host',
      ['apply', '--host', 'host.json'],
      /`portolan apply` has no option --host/,
    ],
  ])('%s is an error on standard error, without a stack', async (_, words, message) => {
    const { code, stdout, stderr } = await portolan(words, { folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^portolan: /)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test.concurrent.each([
    [[], 'INVALID_REQUEST'],
    [['frobnicate'], 'INVALID_REQUEST'],
    [['plan', '--frobnicate'], 'INVALID_REQUEST'],
    [['plan', '-f', 'nowhere.yaml'], 'INVALID_REQUEST'],
  ])('with --json the error of %j is JSON on standard output', async (words, code) => {
    const outcome = await portolan([...words, '--json'], { folder })
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toBe('')
    expect(fromJson(outcome.stdout)).toEqual({ error: { code, message: expect.stringMatching(/.{10}/) } })
  })
})

describe('cluster', () => {
  const env = { HOME: '/nowhere', XDG_CONFIG_HOME: '' }
  test.concurrent.each([
    [['init'], /nothing says which cluster is meant.*cluster: in \/etc\/portolan\/config\.yaml/],
    [['int'], /there is no `portolan cluster int`\. Did you mean "init"\?/],
    [['join', '--cluster', 'prod'], /is no URL of a cluster\. Write etcd:\/\//],
    [
      ['join', '--cluster', 'etcds://a/b?ca=/nowhere'],
      /\/nowhere, which the cluster's URL names, could not be read/,
    ],
    [['init', '--cluster', 'etcd://127.0.0.1:1/prod'], /a cluster needs pools/],
    [
      ['join', '--cluster', 'etcd://127.0.0.1:1/prod', '--grace', '1'],
      /`portolan cluster join` has no use for --grace/,
    ],
    [['reclaim', '--cluster', 'etcd://127.0.0.1:1/prod'], /--member NAME.*--all/],
  ])('%j is refused', async (words, why) => {
    const { code, stdout, stderr } = await portolan(['cluster', ...words], { folder, environment: env })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(why)
  })
})

test('a reader that has read enough, as in `portolan ... | head`, sees no stack trace', async () => {
  const words = ['subnet', '--host', 'host.json', '--pool', '10.0.0.0/8:24', '--count', '30000']
  const { stdout, stderr } = await portolan([...words], {
    folder,
    under: ['sh', '-c', '"$@" | head -n 1', 'sh'],
  })
  expect({ stdout, stderr }).toEqual({ stdout: '10.0.0.0/24 10.0.0.1\n', stderr: '' })
})

test('colour is for terminals only, and NO_COLOR is respected on them', async () => {
  const plan = ['plan', '--host', 'host.json']
  const colour = '\u001b['
  expect((await portolan(plan, { folder })).stdout).not.toContain(colour)
  expect((await onTerminal(plan, { folder })).stdout).toContain(colour)
  const dull = await onTerminal(plan, { folder, environment: { NO_COLOR: '1' } })
  expect(dull.stdout).not.toContain(colour)
  expect(dull.code).toBe(2)
})
