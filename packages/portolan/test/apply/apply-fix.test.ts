import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { type Fix, readState } from '@portolan/host'
import { ApplyError } from '@portolan/netfilter'
import { applyFix } from '../../src/apply/apply-fix.ts'
import { openMemory } from '../../src/apply/host-memory.ts'
import { type FixChange, undoFix } from '../../src/plan/fix-change.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portolan-fix-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

// The state file may only contain commands that Portolan writes, so these are commands of real programs.
const add = (port: number): string => `ufw route prepend allow to any port ${port}`
const remove = (port: number): string => `ufw route delete allow to any port ${port}`

const fix: Fix = {
  project: 'shop',
  name: 'ufw',
  beneficiaries: ['web'],
  needs: [{ of: 'network', bridge: 'br-web', address: null, protocol: null, port: null }],
  commands: [add(1).split(' '), add(2).split(' ')],
  undo: [remove(1).split(' '), remove(2).split(' ')],
}

const asking: FixChange = {
  action: 'add',
  object: 'ufw',
  description: 'Let web pass.',
  before: null,
  after: '',
  reverse: '',
  operation: { kind: 'ask', fix, known: false },
}

/** A program that refuses one command, and the commands that it got. */
const program = (refused = '', exitCode = 1, stderr = 'no'): Runner & { readonly told: string[] } => {
  const told: string[] = []
  return {
    told,
    run: async (command, words) => {
      const line = [command, ...words].join(' ')
      told.push(line)
      return { exitCode: line === refused ? exitCode : 0, stdout: '', stderr }
    },
  }
}

const apply = async (change: FixChange, runner: Runner): Promise<void> =>
  applyFix(change, await openMemory(directory), runner)

const remembered = async (): Promise<readonly Fix[]> => (await readState(directory)).fixes

describe('rich rules of one policy of firewalld', () => {
  const permanent = (...words: readonly string[]): readonly string[] => [
    'firewall-cmd',
    '--permanent',
    ...words,
  ]
  const rule = (port: number): string =>
    `--add-rich-rule=rule family="ipv4" destination address="172.30.1.10" port port="${port}" protocol="tcp" accept`
  const policy = (name: string, port: number): readonly string[] => permanent(`--policy=${name}`, rule(port))
  const commands = [
    permanent('--new-policy=pl-one'),
    ...[policy('pl-one', 1), policy('pl-one', 2), policy('pl-two', 1)],
  ]
  const rules: FixChange = {
    ...asking,
    operation: { kind: 'ask', fix: { ...fix, name: 'firewalld', commands, undo: [] }, known: false },
  }
  const line = (words: readonly string[]): string => words.join(' ')
  const both = `${line(policy('pl-one', 1))} ${rule(2)}`
  const [made = '', one = '', two = '', other = ''] = commands.map(line)

  test('are asked for in one start', async () => {
    const told: string[] = []
    await apply(rules, {
      run: async (command, words) => {
        told.push(line([command, ...words]))
        return { exitCode: 0, stdout: 'success\n', stderr: '' }
      },
    })
    expect(told).toEqual([made, both, other])
  })

  test('are asked for one by one where firewall-cmd warns, so that the one it refuses is told', async () => {
    const told: string[] = []
    const answers: Readonly<Record<string, readonly [exitCode: number, stderr: string]>> = {
      [both]: [0, 'Warning: INVALID_PORT: 2'],
      [two]: [102, 'Error: INVALID_PORT: 2'],
    }
    const runner: Runner = {
      run: async (command, words) => {
        const asked = line([command, ...words])
        told.push(asked)
        const [exitCode, stderr] = answers[asked] ?? [0, '']
        return { exitCode, stdout: '', stderr }
      },
    }
    await expect(apply(rules, runner)).rejects.toThrow('was refused: Error: INVALID_PORT: 2 (Let web pass.)')
    expect(told).toEqual([made, both, one, two])
  })
})

describe('asking another program', () => {
  test('is remembered with its way back', async () => {
    const runner = program()
    await apply(asking, runner)
    expect(runner.told).toEqual([add(1), add(2)])
    expect(await remembered()).toEqual([fix])
  })

  test('that refuses is an error, and what was done is remembered', async () => {
    await expect(apply(asking, program(add(2)))).rejects.toThrow(
      `"${add(2)}" was refused: no (Let web pass.) Mend that, or apply without --fix.`,
    )
    expect(await remembered()).toEqual([fix])
  })

  test('again, after an apply that ended halfway, asks for nothing twice', async () => {
    await expect(apply(asking, program(add(2)))).rejects.toThrow(ApplyError)
    const runner = program()
    await apply(asking, runner)
    expect(runner.told).toEqual([remove(1), remove(2), add(1), add(2)])
    expect(await remembered()).toEqual([fix])
  })
})

describe('asking for more of what was asked before', () => {
  const permanent = (words: string): readonly string[] => ['firewall-cmd', '--permanent', words]
  const zone = permanent('--new-zone=br-web')
  const policy = permanent('--new-policy=to-br-web')
  const withoutZone = permanent('--delete-zone=br-web')
  const withoutPolicy = permanent('--delete-policy=to-br-web')
  const reload = ['firewall-cmd', '--reload']
  const line = (words: readonly string[]): string => words.join(' ')
  const first: Fix = {
    ...fix,
    name: 'firewalld',
    commands: [zone, reload],
    undo: [withoutZone, reload],
  }
  const more: Fix = {
    ...first,
    commands: [zone, policy, reload],
    undo: [withoutPolicy, withoutZone, reload],
  }
  const ask = (wanted: Fix): FixChange => ({
    ...asking,
    operation: { kind: 'ask', fix: wanted, known: false },
  })

  test('makes it anew with one reload, so that nothing is missing in between, and remembers it once', async () => {
    await apply(ask(first), program())
    const runner = program(line(withoutPolicy), 140, 'Error: INVALID_POLICY: to-br-web')
    await apply(ask(more), runner)
    const isQuestion = (told: string): boolean => /--(get|list)-/.test(told)
    expect(runner.told.filter((told) => !isQuestion(told))).toEqual([
      ...[line(withoutPolicy), line(withoutZone)],
      ...[line(zone), line(policy), line(reload)],
    ])
    expect(await remembered()).toEqual([more])
    await apply(undoFix(more), program())
    expect(await remembered()).toEqual([])
  })
})

describe('taking back what was asked', () => {
  test('is forgotten once it is done, also where some of it is gone already', async () => {
    await apply(asking, program())
    const runner = program(remove(1), 0, 'Could not delete non-existent rule')
    await apply(undoFix(fix), runner)
    expect(runner.told).toEqual([remove(1), remove(2)])
    expect(await remembered()).toEqual([])
  })

  const inDockerUser = (verb: string): readonly string[] =>
    `iptables-nft -t filter ${verb} DOCKER-USER -o br-web -j ACCEPT`.split(' ')
  const hooks: Fix = {
    ...fix,
    name: 'DOCKER-USER',
    commands: [inDockerUser('-A')],
    undo: [inDockerUser('-D')],
  }
  const deletion = inDockerUser('-D').join(' ')

  test.each([
    ['iptables: Bad rule (does a matching rule exist in that chain?).', 1],
    ['iptables: No chain/target/match by that name.', 1],
    ["iptables v1.8.11 (nf_tables): Chain 'DOCKER-USER' does not exist", 2],
  ])('of iptables that says "%s" is done', async (stderr, exitCode) => {
    await apply({ ...asking, operation: { kind: 'ask', fix: hooks, known: false } }, program())
    await apply(undoFix(hooks), program(deletion, exitCode, stderr))
    expect(await remembered()).toEqual([])
  })

  test.each([
    [fix, remove(1), 1, 'ERROR: problem running ufw-init'],
    [hooks, deletion, 4, 'iptables v1.8.11 (nf_tables): Could not fetch rule set generation id'],
    [hooks, deletion, 1, 'iptables: Memory allocation problem.'],
  ])('that fails for another reason stays to be done: %#', async (asked, refused, exitCode, stderr) => {
    await apply({ ...asking, operation: { kind: 'ask', fix: asked, known: false } }, program())
    await expect(apply(undoFix(asked), program(refused, exitCode, stderr))).rejects.toThrow(stderr)
    expect(await remembered()).toEqual([asked])
  })

  test.each([
    ['is busy', 4, 'Try again.'],
    ['does not run', 252, 'Start firewalld and try again.'],
    ['was killed', 137, 'Try again.'],
  ])('of a program that %s stays to be done', async (_, exitCode, advice) => {
    await apply(asking, program())
    await expect(apply(undoFix(fix), program(remove(1), exitCode))).rejects.toThrow(advice)
    expect(await remembered()).toEqual([fix])
  })
})
