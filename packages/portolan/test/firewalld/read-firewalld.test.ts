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
