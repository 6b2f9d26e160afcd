import { describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { readFirewalld } from '../../src/firewalld/read-firewalld.ts'

/** firewall-cmd that answers by its words; with nothing where they are not listed. */
const firewalld = (answers: Readonly<Record<string, string>>): Runner => ({
  run: async (_, words) => ({ exitCode: 0, stdout: answers[words.join(' ')] ?? '', stderr: '' }),
})

const unsavedOf = async (answers: Readonly<Record<string, string>>): Promise<string | null | undefined> =>
  (await readFirewalld(firewalld(answers)))?.unsaved

test('the priority of a policy is what its permanent configuration says', async () => {
  const answers = { '--permanent --list-all-policies': 'bans (active)\n  priority: -7\n  target: DROP\n' }
  expect([...((await readFirewalld(firewalld(answers)))?.priorities ?? [])]).toEqual([['bans', -7]])
})

/** What busctl prints for each question that xargs hands to it. */
const onBus = (answer: (words: readonly string[]) => string, programs: string[]): Runner => ({
  run: async (program, words, { input = '' } = {}) => {
    programs.push(program)
    if (program !== 'xargs') return { exitCode: 252, stdout: '', stderr: 'FirewallD is not running' }
    const length = Number(words[words.indexOf('-n') + 1])
    const all = input.split('\0').slice(0, -1)
    const questions = Array.from({ length: all.length / length }, (_, at) =>
      all.slice(at * length, (at + 1) * length),
    )
    const stdout = questions.map((question) => `${answer(question)}\n`).join('')
    return { exitCode: 0, stdout, stderr: '' }
  },
})

/** A policy of Portolan, which is all that there is. */
const policyOnBus = ([path = '', , member = '']: readonly string[]): string => {
  const settings = {
    ...{ description: { type: 's', data: 'Portolan' }, priority: { type: 'i', data: 30_000 } },
    ports: { type: 'a(ss)', data: [['80', 'tcp']] },
  }
  const answers: Readonly<Record<string, readonly [type: string, data: unknown]>> = {
    getAllRules: ['a(sssias)', [[]]],
    getAllPassthroughs: ['a(sas)', [[]]],
    getPolicies: ['as', [['pl-web']]],
    listPolicies: ['ao', [['/policy/0']]],
    name: ['s', 'pl-web'],
    getPolicySettings: ['a{sv}', [settings]],
    getSettings: ['a{sv}', [settings]],
  }
  const [type, data] = answers[member] ?? [member.startsWith('list') ? 'ao' : 'as', [[]]]
  return JSON.stringify({ type, data, path })
}

describe('firewalld is asked over D-Bus', () => {
  test('and firewall-cmd is not started', async () => {
    const programs: string[] = []
    expect(await readFirewalld(onBus(policyOnBus, programs))).toEqual({
      foreignPolicies: [],
      priorities: new Map([['pl-web', 30_000]]),
      unsaved: null,
    })
    expect(new Set(programs)).toEqual(new Set(['xargs']))
  })

  test.each([
    ['busctl says less than it was asked', () => ''],
    ['an answer has another type', () => '{"type":"b","data":[true]}'],
    ['an answer is no JSON', () => 'Call failed'],
  ])('and firewall-cmd where %s, twice where firewalld does not run', async (_, answer) => {
    const programs: string[] = []
    expect(await readFirewalld(onBus(answer, programs))).toBeNull()
    expect(programs).toEqual(['xargs', 'firewall-cmd', 'firewall-cmd'])
  })
})

describe('what a reload of firewalld would drop', () => {
  test('is a port that a zone has at run time only, whatever the zone is called', async () => {
    const zone = (name: string, ports: string): string => `${name}\n  target: default\n  ports: ${ports}\n`
    for (const name of ['public', 'pl-office']) {
      const answers = {
        '--list-all-zones': zone(name, '8080/tcp'),
        '--permanent --list-all-zones': zone(name, ''),
      }
      expect(await unsavedOf(answers)).toBe(`ports 8080/tcp of zone ${name} is set at run time only`)
    }
  })
  test('is a rule that a foreign policy has at run time only, though it is called as one of ours', async () => {
    const policy = (rule: string): string => `pl-web (active)\n  priority: -1\n  rich rules: \n${rule}`
    const answers = {
      '--list-all-policies': policy('\trule family="ipv4" drop\n'),
      '--permanent --list-all-policies': policy(''),
    }
    expect(await unsavedOf(answers)).toBe(
      'rich rule rule family="ipv4" drop of policy pl-web is set at run time only',
    )
    expect(
      await unsavedOf({ ...answers, '--permanent --policy=pl-web --get-description': 'Portolan\n' }),
    ).toBeNull()
  })
  test('is nothing where the two configurations are one', async () => {
    expect(await unsavedOf({})).toBeNull()
  })
})
