import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { busyHost, oneService, quietHost } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const nothingHere = '{"nftables": [{"metainfo": {"json_schema_version": 1}}]}'

const folder = temporaryFolder({
  'nft.json': nothingHere,
  'host.json': quietHost,
  'busy.json': busyHost,
  'compose.yaml': oneService,
  'twice.yaml': 'name: shop\nservices: {a: {ports: ["8080:80"]}, b: {ports: ["8080:80"]}}\n',
  'weighted.yaml':
    'name: shop\nservices:\n' +
    ['a', 'b']
      .map((name) => `  ${name}: {ports: [{target: 80, published: 8080, x-portolan: {weight: 1}}]}\n`)
      .join(''),
  'overlap.yaml': 'name: shop\nservices: {a: {ports: ["8080:80"]}, b: {ports: ["192.0.2.2:8080:80"]}}\n',
  'vpn.yaml':
    'name: shop\nservices: {a: {networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.7.0/24}]}}}\n',
  'loopback6.yaml': 'name: shop\nservices: {a: {ports: ["[::1]:8080:80"]}}\n',
})

const conflictsOf = async (...words: readonly string[]) => {
  const all = ['conflicts', '--json', '--nft-json', 'nft.json', ...words]
  const { code, stdout, stderr } = await portolan(all, { folder })
  expect(stderr).toBe('')
  const { conflicts, ...others } = JSON.parse(stdout)
  expect(others).toEqual({})
  return { code, conflicts }
}

describe('conflicts --json', () => {
  test('is an empty list, with exit code 0, when nothing is wrong', async () => {
    expect(await conflictsOf('--host', 'host.json')).toEqual({ code: 0, conflicts: [] })
  })

  test('names the loser and the winner of one host port wanted twice', async () => {
    const { code, conflicts } = await conflictsOf('--host', 'host.json', '-f', 'twice.yaml')
    expect(code).toBe(3)
    expect(conflicts).toMatchObject([
      {
        kind: 'DuplicateHostPort',
        severity: 'error',
        certainty: 'certain',
        mapping: '0.0.0.0:8080/tcp -> b:80',
        culprit: { text: '0.0.0.0:8080/tcp -> a:80', owner: 'shop' },
        remedy: { text: expect.stringContaining('weight') },
      },
    ])
    expect(conflicts[0]).toHaveProperty('witness')
    expect(conflicts[0]).toHaveProperty('trace')
  })

  test('has nothing against two members of one weighted mapping', async () => {
    const found = await conflictsOf('--host', 'host.json', '-f', 'weighted.yaml')
    expect(found).toEqual({ code: 0, conflicts: [] })
  })

  test('warns, and exits 0, when a specific address takes from a wildcard', async () => {
    const { code, conflicts } = await conflictsOf('--host', 'host.json', '-f', 'overlap.yaml')
    expect(code).toBe(0)
    expect(conflicts).toMatchObject([
      { kind: 'OverlappingHostPort', severity: 'warning', mapping: '192.0.2.2:8080/tcp -> b:80' },
    ])
  })

  test('names the process that listens on the host port', async () => {
    const { code, conflicts } = await conflictsOf('--host', 'busy.json')
    expect(code).toBe(3)
    expect(conflicts[0]).toMatchObject({
      kind: 'HostPortTaken',
      severity: 'error',
      mapping: '0.0.0.0:8080/tcp -> web:80',
      culprit: { tool: 'socket', text: '0.0.0.0:8080/tcp', owner: 'nginx' },
      witness: { family: 'ip', protocol: 'tcp', destinationPort: 8080 },
    })
  })

  test('finds a subnet that was asked for under a route of a VPN, until the range is allowed', async () => {
    const words = ['--host', 'busy.json', '-f', 'vpn.yaml']
    const { code, conflicts } = await conflictsOf(...words)
    expect(code).toBe(3)
    expect(conflicts[0]).toMatchObject({
      kind: 'SubnetOverlap',
      severity: 'error',
      mapping: null,
      network: 'n',
    })
    expect(conflicts[0].message).toMatch(/10\.0\.7\.0\/24.*10\.0\.0\.0\/16.*wg0/)
    expect(conflicts[0].remedy.text).toContain('--allow 10.0.0.0/16')
    expect((await conflictsOf(...words, '--allow', '10.0.0.0/16')).code).toBe(0)
  })

  test('--no-sysctl turns forwarding that is off from a change into an error', async () => {
    const { code, conflicts } = await conflictsOf(
      '--host',
      'busy.json',
      '-f',
      'vpn.yaml',
      '--allow',
      '10.0.0.0/16',
      '--no-sysctl',
    )
    expect(code).toBe(3)
    expect(conflicts).toContainEqual(
      expect.objectContaining({
        kind: 'ForwardingDisabled',
        severity: 'error',
        remedy: expect.objectContaining({ commands: ['sysctl -w net.ipv4.ip_forward=1'] }),
      }),
    )
  })

  test('says that ::1 cannot be translated, and what to bind to instead', async () => {
    const { code, conflicts } = await conflictsOf('--host', 'host.json', '-f', 'loopback6.yaml')
    expect(code).toBe(3)
    expect(conflicts).toContainEqual(
      expect.objectContaining({ kind: 'LoopbackUnreachable', mapping: '[::1]:8080/tcp -> a:80' }),
    )
  })
})

describe('plan', () => {
  test('exits 3 for an error and shows it first, with what to do', async () => {
    const { code, stdout } = await portolan(['plan', '--host', 'host.json', '-f', 'twice.yaml'], { folder })
    expect(code).toBe(3)
    expect(stdout).toMatch(
      /^Plan for .*\n.* Blocked by 1 conflict\. .*\n\nConflicts\n {2}error DuplicateHostPort: .*\n +What to do: /,
    )
  })

  test('exits 2, not 3, for a warning', async () => {
    const { code, stdout } = await portolan(['plan', '--host', 'host.json', '-f', 'overlap.yaml'], { folder })
    expect(code).toBe(2)
    expect(stdout).toContain('warning OverlappingHostPort: ')
  })

  test('holds the same conflicts as the command conflicts', async () => {
    const { stdout } = await portolan(['plan', '--json', '--host', 'busy.json'], { folder })
    expect(fromJson<{ readonly conflicts: unknown }>(stdout).conflicts).toEqual(
      (await conflictsOf('--host', 'busy.json')).conflicts,
    )
  })
})

test('conflicts for people says so when there are none', async () => {
  const words = ['conflicts', '--host', 'host.json', '--nft-json', 'nft.json']
  expect(await portolan(words, { folder })).toEqual({
    code: 0,
    stdout: 'No conflicts.\n',
    stderr: '',
  })
})

describe('rules that were not given', () => {
  const warning = '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n'
  const files = temporaryFolder({
    'compose.yaml': oneService,
    'host.json': quietHost,
    'nft.json': nothingHere,
    'empty.save': '',
    'warning.save': warning,
    'legacy.save': '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
    'closed.save': `*filter\n:FORWARD DROP [0:0]\nCOMMIT\n${warning}`,
  })
  const asked = async (...words: readonly string[]) => {
    const all = ['conflicts', '--host', 'host.json', ...words]
    const [text, json] = [
      await portolan(all, { folder: files }),
      await portolan([...all, '--json'], { folder: files }),
    ]
    return {
      ...text,
      ...fromJson<{ unread?: readonly string[]; conflicts: readonly Found[] }>(json.stdout),
    }
  }

  test('are told where there are none at all', async () => {
    const { code, stdout, stderr, unread } = await asked()
    expect(code).toBe(0)
    expect(stdout).toBe('No conflicts, as far as the host could be read.\n')
    expect(stderr).toMatch(
      /^portolan: No rules of the host were given, so conflicts with them were not looked for\./,
    )
    expect(unread).toEqual([expect.stringMatching(/^No rules of the host were given/)])
  })

  test('are told where some are given', async () => {
    expect((await asked('--iptables-save', 'legacy.save')).unread).toEqual([
      'Not given, and taken for absent: the rules of nftables (--nft-json) and the IPv6 rules of iptables (--ip6tables-save).',
    ])
    expect((await asked('--nft-json', 'nft.json')).unread).toBeUndefined()
  })

  test('are told where rules are given, and no facts of the host', async () => {
    const { code, stdout, stderr } = await portolan(['conflicts', '--nft-json', 'nft.json'], {
      folder: files,
    })
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'No conflicts, as far as the host could be read.\n',
    })
    expect(stderr).toMatch(/^portolan: No facts of the host were given \(--host\)/)
  })

  test('are told where a file is empty', async () => {
    const { unread, stdout } = await asked('--nft-json', 'nft.json', '--iptables-save', 'empty.save')
    expect(unread).toEqual([
      'empty.save (--iptables-save) is empty, so it counts as a host without these rules.',
    ])
    expect(stdout).toBe('No conflicts, as far as the host could be read.\n')
  })

  test('are told where a file says that there are legacy tables', async () => {
    const words = ['--nft-json', 'nft.json', '--iptables-save']
    const { unread } = await asked(...words, 'warning.save')
    expect(unread).toEqual([
      expect.stringMatching(
        /^warning\.save says that the host has IPv4 rules of iptables-legacy, .*--iptables-legacy-save\.$/,
      ),
    ])
    const { conflicts } = await asked(...words, 'closed.save')
    expect(conflicts.map(({ kind, certainty }) => `${certainty} ${kind}`)).toContain(
      'possible ForwardDropped',
    )
    const all = await asked(...words, 'closed.save', '--iptables-legacy-save', 'legacy.save')
    expect(all.unread).toBeUndefined()
    expect(all.conflicts.map(({ kind, certainty }) => `${certainty} ${kind}`)).toContain(
      'certain ForwardDropped',
    )
  })
})

interface Found {
  readonly kind: string
  readonly certainty: string
}

const saved = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -i eth0 -p tcp -m tcp --dport 80 -j DROP
-A FORWARD -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
`

describe('conflicts with the rules in a file', () => {
  const rules = temporaryFolder({ 'host.json': quietHost, 'compose.yaml': oneService, 'rules.txt': saved })
  const words = ['conflicts', '--host', 'host.json', '--iptables-save', 'rules.txt']

  test('name the rule, a packet it drops and what to do, and exit with 3', async () => {
    const { code, stdout } = await portolan(words, { folder: rules })
    expect(code).toBe(3)
    expect(stdout).toMatch(
      /error ForwardDropped: 0\.0\.0\.0:8080\/tcp -> web:80 cannot be reached from eth0\. Rule 1 of chain FORWARD \(iptables-nft, table filter\) drops/,
    )
    expect(stdout).toMatch(/For example: tcp from \S+ by eth0 to 192\.0\.2\.2:8080/)
    expect(stdout).toContain('iptables-nft -t filter -I FORWARD 1 ')
    expect(stdout).not.toContain('Shadowing')
  })

  test('with --all, tell what is odd among the rules of others too', async () => {
    const { code, stdout } = await portolan([...words, '--all', '--json'], { folder: rules })
    expect(code).toBe(3)
    expect(fromJson(stdout)).toMatchObject({
      conflicts: expect.arrayContaining([expect.objectContaining({ kind: 'ForwardDropped' })]),
      anomalies: [{ kind: 'Shadowing', rule: { chain: 'FORWARD', position: 2 }, others: [{ position: 1 }] }],
    })
    const { stdout: text } = await portolan([...words, '--all'], { folder: rules })
    expect(text).toContain('Shadowing')
  })
})

describe('conflicts --all of a network that a rule keeps from the outside', () => {
  const intent = (enablesIp6: boolean): string =>
    `name: shop\nnetworks: {web: {enable_ipv6: ${enablesIp6}, driver_opts: {com.docker.network.bridge.name: pt-web}}}\nservices: {app: {networks: [web]}}\n`
  const here = temporaryFolder({
    'host.json': quietHost.replace('"192.0.2.2/24"', '"192.0.2.2/24", "2001:db8::2/64"'),
    'both.yaml': intent(true),
    'one.yaml': intent(false),
    'rules.txt': '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i pt-web -j DROP\nCOMMIT\n',
  })
  const listed = async (...words: readonly string[]): Promise<string> =>
    (await portolan(['conflicts', '--all', '--host', 'host.json', '-f', ...words], { folder: here })).stdout

  test('tells the family where the network has both', async () => {
    expect(await listed('both.yaml', '--ip6tables-save', 'rules.txt')).toMatch(
      /^\w+ EgressDropped by iptables-nft filter FORWARD 1: network web over IPv6$/m,
    )
    expect(await listed('one.yaml', '--iptables-save', 'rules.txt')).toMatch(
      /^\w+ EgressDropped by iptables-nft filter FORWARD 1: network web$/m,
    )
  })
})
