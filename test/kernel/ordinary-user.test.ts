import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import type { RunOutcome } from '../lab/run.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const shop = 'name: shop\nservices: {web: {ports: ["8080:80"]}}\n'
const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']

// A home of its own, because an ordinary user may not even look into root's.
const atHome = ['env', 'HOME=/run/lab/home', ...unprivileged]

const users = {
  'without a privilege': [...atHome, '--bounding-set=-all', '--inh-caps=-all'],
  // This user may read all rules of nf_tables, but sees no names of legacy tables.
  'with CAP_NET_ADMIN': [...atHome, '--inh-caps=+net_admin,+net_raw', '--ambient-caps=+net_admin,+net_raw'],
} as const

const legacyUnread =
  'The iptables-legacy rules of IPv4 and IPv6, if there are any, could not be read: only root may read /proc/net/ip_tables_names and /proc/net/ip6_tables_names.'

/** A host where another program's legacy rules drop forwarded packets. */
const openHost = async (): Promise<Lab> => {
  const lab = await workerLabs().open()
  await lab.host.mustRun(['iptables-legacy', '-P', 'FORWARD', 'DROP'])
  await lab.host.mustRun(['ip6tables-legacy', '-P', 'FORWARD', 'DROP'])
  await lab.write('compose.yaml', shop)
  await lab.host.mustRun(['chmod', '-R', 'a+rX', '/run/lab'])
  return lab
}

const portolanAs = (
  { host, command }: Lab,
  user: keyof typeof users,
  words: readonly string[],
): Promise<RunOutcome> => host.run([...users[user], ...command, ...words])

const compose = ['-f', '/run/lab/compose.yaml', '--backend', 'nftables']
const explained = ['explain', '--from', '192.0.2.77', '--in', 'eth0', '--to', '192.0.2.1:8080/tcp']

describeOnKernel('legacy rules that only root may read', 'iptables-legacy', () => {
  test('are reported to root as a certain conflict', async () => {
    await using lab = await openHost()
    const { exitCode, stdout } = await lab.portolan(['conflicts', ...compose, '--json'])
    expect(exitCode).toBe(3)
    expect(fromJson(stdout)).toEqual({
      conflicts: expect.arrayContaining([
        expect.objectContaining({
          kind: 'ForwardDropped',
          certainty: 'certain',
          culprit: expect.objectContaining({ tool: 'iptables-legacy' }),
        }),
      ]),
    })
  })

  test.each(['without a privilege', 'with CAP_NET_ADMIN'] as const)(
    'are named as unread to a user %s by plan, conflicts and inspect, in words and in JSON',
    async (user) => {
      await using lab = await openHost()
      for (const words of [['plan', ...compose], ['conflicts', ...compose], ['inspect']]) {
        const plain = await portolanAs(lab, user, words)
        expect(`${plain.stdout}${plain.stderr}`).toContain(legacyUnread)
        const json = await portolanAs(lab, user, [...words, '--json'])
        const { unread } = fromJson<{ unread: readonly string[] }>(json.stdout)
        expect(unread).toContainEqual(expect.stringContaining(legacyUnread))
      }
      const { stdout } = await portolanAs(lab, user, ['conflicts', ...compose])
      expect(stdout).not.toContain('No conflicts.')
    },
  )

  test('make conflicts with other rules possible instead of certain, and the answers of explain and evaluate too', async () => {
    await using lab = await openHost()
    await lab.host.mustRun([
      'nft',
      'add table inet other; add chain inet other f { type filter hook forward priority 0; policy drop; }',
    ])
    const { stdout } = await portolanAs(lab, 'with CAP_NET_ADMIN', ['conflicts', ...compose, '--json'])
    const { conflicts } = fromJson<{
      conflicts: readonly {
        kind: string
        certainty: string
        severity: string
        message: string
        culprit: { tool: string } | null
      }[]
    }>(stdout)
    const ofRules = conflicts.filter(({ culprit }) => culprit?.tool === 'nft')
    expect(ofRules.map(({ kind, certainty }) => `${kind} ${certainty}`)).toContain('ForwardDropped possible')
    expect(ofRules.every(({ certainty }) => certainty === 'possible')).toBe(true)
    // Drops of known rules still block.
    expect(ofRules.find(({ kind }) => kind === 'ForwardDropped')).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('may drop the forwarded packets'),
    })

    const explanation = await portolanAs(lab, 'with CAP_NET_ADMIN', [...explained, '--json'])
    expect(explanation.stderr).toContain(legacyUnread)
    expect(fromJson(explanation.stdout)).toMatchObject({
      certainty: 'possible',
      unread: expect.arrayContaining([expect.stringContaining(legacyUnread)]),
    })
    const packet =
      '{"in": "eth0", "source": "192.0.2.77", "destination": "192.0.2.1", "destinationPort": 8080, "protocol": "tcp"}'
    const evaluated = await lab.host.run([...users['with CAP_NET_ADMIN'], ...lab.command, 'evaluate'], {
      input: `${packet}\n`,
    })
    expect(evaluated.stderr).toContain(legacyUnread)
    expect(fromJson(evaluated.stdout)).toMatchObject({ certainty: 'possible' })
    const asRoot = await lab.portolan([...explained, '--json'])
    expect(fromJson(asRoot.stdout)).toMatchObject({ certainty: 'certain' })
    expect(asRoot.stdout).not.toContain('unread')
  })

  test('are named as unread to a user by a plan of the backend iptables-legacy, which counts them as absent', async () => {
    await using lab = await openHost()
    await lab.host.mustRun(['iptables-legacy', '-A', 'FORWARD', '-m', 'comment', '--comment', 'theirs'])
    const words = ['plan', '-f', '/run/lab/compose.yaml', '--backend', 'iptables-legacy']
    const { exitCode, stdout, stderr } = await portolanAs(lab, 'with CAP_NET_ADMIN', words)
    expect(exitCode).toBe(2)
    expect(`${stdout}${stderr}`).toContain(legacyUnread)
  })

  test('keep a user from a destroy that would remove bridges and leave the unread rules', async () => {
    await using lab = await openHost()
    const applied = [
      'apply',
      '-f',
      '/run/lab/compose.yaml',
      '--backend',
      'iptables-legacy',
      '--yes',
      '--force',
    ]
    expect(await lab.portolan(applied)).toMatchObject({ exitCode: 0 })
    const { exitCode, stdout, stderr } = await portolanAs(lab, 'with CAP_NET_ADMIN', [
      'destroy',
      '--all',
      '--yes',
    ])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^portolan: Nothing is removed, since some rules could not be read/)
    expect(`${stdout}${stderr}`).not.toContain('- bridge')
    expect((await lab.host.run(['iptables-legacy-save'])).stdout).toContain('PORTOLAN')
  })
})
