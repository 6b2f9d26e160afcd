import { afterEach, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import type { Running } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { pilotOf, shop } from './lifecycle/pilot.ts'

const opened: Lab[] = []
const owners: Running[] = []
afterEach(async () => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL')
  await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
})

/** A host on which a program owns a table, so that no other program can change it (nft(8), `flags owner`). */
const withOwnedTable = async (table: string, more: readonly string[] = []): Promise<Lab> => {
  const lab = await openLab()
  opened.push(lab)
  const open = 'mkfifo /run/lab/words && exec 3<> /run/lab/words'
  const say = [`add table ${table} { flags owner; }`, ...more]
    .map((line) => `echo '${line}' >&3`)
    .join(' && ')
  const owner = lab.host.start(['sh', '-c', `${open} && ${say} && exec nft -i < /run/lab/words`])
  owners.push(owner)
  const last = more.length === 0 ? table : 'policy drop'
  const rules = (): Promise<string> => lab.host.mustRun(['nft', 'list', 'ruleset'])
  await until(last, async () => (await rules()).includes(last), { beside: owner, shows: rules })
  return lab
}

describeOnKernel('a table of our name that another program owns', 'nftables', () => {
  test('makes apply fail with the command that names the program, and without a word about capabilities', async () => {
    const lab = await withOwnedTable('inet portolan')
    const { exitCode, stderr } = await pilotOf(lab, 'nftables').run('apply', shop(), '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /Another program owns the table \("flags owner"\).* Nothing was applied\. "nft list table inet portolan" names the program: end it/,
    )
    expect(stderr).not.toContain('CAP_NET_ADMIN')
  })
})

describeOnKernel('a rule in a table that another program owns', 'nftables', () => {
  test('gives a conflict with the name of that program as owner', async () => {
    const lab = await withOwnedTable('inet guard', [
      'add chain inet guard forward { type filter hook forward priority 0; policy drop; }',
    ])
    const { stdout } = await pilotOf(lab, 'nftables').run('conflicts', shop(), '--json')
    const { conflicts } = fromJson<{ readonly conflicts: unknown }>(stdout)
    expect(conflicts).toContainEqual(
      expect.objectContaining({
        kind: 'ForwardDropped',
        culprit: expect.objectContaining({ table: 'guard', chain: 'forward', owner: 'nft' }),
      }),
    )
  })
})

describeOnKernel('a table of iptables-nft that another program owns', 'iptables-nft', () => {
  test('makes apply fail with the owned table as the cause, and without a word about capabilities', async () => {
    const lab = await withOwnedTable('ip mangle')
    const { exitCode, stderr } = await pilotOf(lab, 'iptables-nft').run('apply', shop(), '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /another program owns one of its tables \("flags owner"\) \(line \d+: \S+ failed .*names the program: end it/,
    )
    expect(stderr).not.toContain('CAP_NET_ADMIN')
  })

  test('leaves no table before it changed', async () => {
    const lab = await withOwnedTable('ip nat')
    const { exitCode, stderr } = await pilotOf(lab, 'iptables-nft').run('apply', shop(), '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('Nothing of this family was changed.')
    expect(await lab.host.mustRun(['iptables-nft-save'])).not.toContain('PORTOLAN')
  })
})
