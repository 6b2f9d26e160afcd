import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { dockerAndUfw, dockerHost } from './host-rules.ts'
import { portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({
  'host.json': dockerHost,
  rules: dockerAndUfw,
  'compose.yaml':
    'name: shop\nservices: {web: {networks: {n: {ipv4_address: 172.17.0.2}}}}\n' +
    'networks: {n: {ipam: {config: [{subnet: 172.17.0.0/16}]}, driver_opts: {com.docker.network.bridge.name: docker0}}}\n',
  'lan.yaml':
    'name: shop\nservices: {web: {networks: {lan: {ipv4_address: 192.0.2.200}}}}\n' +
    'networks: {lan: {driver: macvlan, ipam: {config: [{subnet: 192.0.2.0/24}]}, driver_opts: {parent: eth0}}}\n',
  'own.nft':
    'table inet mine {\n  chain in {\n    type filter hook input priority 0; policy accept;\n    tcp dport 25 drop\n  }\n}\n',
})
const files = ['--host', 'host.json', '--iptables-save', 'rules']

const told = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await portolan(['explain', ...files, ...words], { folder })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.split('\n')
}

describe('explain', () => {
  test('tells that the host and its own macvlan do not reach one another, and nothing of it for other machines', async () => {
    const words = ['-f', 'lan.yaml', '--to', '192.0.2.200:80/tcp'] as const
    expect((await told(...words)).at(-2)).toBe(
      '192.0.2.200 is web of network lan, a macvlan on eth0. This host and its own containers on eth0 do not reach one another there, whatever its rules say. To reach web from here, put it on a second network, one with a bridge.',
    )
    expect((await told(...words, '--from', '198.51.100.7', '--in', 'eth0')).join('\n')).not.toContain(
      'macvlan',
    )
    const back = ['-f', 'lan.yaml', '--to', '192.0.2.2:22/tcp', '--from', '192.0.2.200'] as const
    expect((await told(...back)).at(-2)).toContain('192.0.2.200 is web of network lan, a macvlan on eth0.')
  })

  test('tells of a published port: what sends it where, what lets it pass, and how the answer comes back', async () => {
    expect(await told('--from', '192.0.2.9:40000', '--to', '192.0.2.2:8080/tcp')).toEqual([
      'A TCP packet from 192.0.2.9:40000 to 192.0.2.2:8080 comes in by eth0.',
      '',
      '  prerouting  Docker sends it to 172.17.0.2:80 instead.',
      '              iptables-nft, table ip nat, chain DOCKER, rule 1, reached from PREROUTING:',
      '                -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80',
      '  routing     This host sends it out by docker0 (route on-link).',
      '  forward     Docker lets it pass.',
      '              iptables-nft, table ip filter, chain DOCKER, rule 1, reached from FORWARD > DOCKER-FORWARD:',
      '                -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT',
      '',
      'The answer, on its way back:',
      '  routing     This host sends it out by eth0 (route on-link).',
      '  forward     Docker lets it pass.',
      '              iptables-nft, table ip filter, chain DOCKER-FORWARD, rule 3, reached from FORWARD:',
      '                -A DOCKER-FORWARD -i docker0 -j ACCEPT',
      '',
      'Forwarded to 172.17.0.2:80 out of docker0, which sees it come from 192.0.2.9:40000. The answer comes back.',
      '',
    ])
  })

  test('names the rule that stops a port that is only half published', async () => {
    const lines = await told('--from', '192.0.2.9', '--to', '192.0.2.2:8081')
    expect(lines.slice(6)).toEqual([
      '  forward     Docker drops it.',
      '              iptables-nft, table ip filter, chain DOCKER, rule 2, reached from FORWARD > DOCKER-FORWARD:',
      '                -A DOCKER ! -i docker0 -o docker0 -j DROP',
      '',
      'Dropped by rule 2 of chain DOCKER (iptables-nft, table ip filter, of Docker). The sender hears nothing, and gives up after a while.',
      '',
    ])
  })

  test('tells both ways of what hangs on how often a client came', async () => {
    expect(await told('--from', '192.0.2.9', '--to', '192.0.2.2:22')).toEqual([
      'A TCP packet from 192.0.2.9:49152 to 192.0.2.2:22 comes in by eth0.',
      '',
      '  input  ufw lets it pass.',
      '         iptables-nft, table ip filter, chain ufw-user-limit-accept, rule 1, reached from INPUT > ufw-user-input:',
      '           -A ufw-user-limit-accept -j ACCEPT',
      '',
      'It reaches this host itself, at 192.0.2.2:22, which sees it come from 192.0.2.9:49152. Listening there: sshd. The answer comes back.',
      '',
      'Or, if the first rule below matches, which depends on more than the packet (a rate, a time, a list, a match that is not understood): refused by rule 2 of chain ufw-user-limit (iptables-nft, table ip filter, of ufw). The sender is told so at once.',
      '  input  ufw sends it through ufw-user-limit.',
      '         iptables-nft, table ip filter, chain ufw-user-input, rule 1, reached from INPUT:',
      '           -A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j ufw-user-limit',
      '  input  ufw refuses it (reject with icmp-port-unreachable).',
      '         iptables-nft, table ip filter, chain ufw-user-limit, rule 2, reached from INPUT > ufw-user-input:',
      '           -A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable',
      '',
    ])
  })

  test('names a policy, and what most likely set it', async () => {
    const lines = await told('--from', '192.0.2.9', '--to', '192.0.2.2:5432')
    expect(lines).toContain('  input  The policy of INPUT (set by ufw, by all appearances) drops it.')
    expect(lines).toContain('           -P INPUT DROP')
  })

  test('calls what arrives at an endpoint of the Compose file delivered, by its service’s name', async () => {
    const lines = await told('--from', '192.0.2.9:40000', '--to', '192.0.2.2:8080', '-f', 'compose.yaml')
    expect(lines.at(-2)).toMatch(/^Delivered to web \(172\.17\.0\.2:80\), behind docker0, /)
  })

  test('begins with a process of the host when there is no sender', async () => {
    const lines = await told('--to', '172.17.0.2/icmp')
    expect(lines[0]).toBe('A process of this host sends an ICMP echo request to 172.17.0.2.')
  })

  test('is the outcome as JSON, with the packet that was asked and whose rule was the culprit', async () => {
    const words = ['explain', ...files, '--json', '--from', '192.0.2.9', '--to', '192.0.2.2:8081']
    const { stdout } = await portolan(words, { folder })
    expect(fromJson(stdout)).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
      packet: { in: 'eth0', source: '192.0.2.9', sourcePort: 49152, destinationPort: 8081 },
      culprit: { tool: 'iptables-nft', table: 'filter', chain: 'DOCKER', position: 2, owner: 'docker' },
    })
    expect(JSON.parse(stdout).trace[0]).toMatchObject({
      hook: 'prerouting',
      verdict: 'jump DOCKER',
      owner: 'docker',
    })
  })

  test('asks for the interface when no route leads back to the sender', async () => {
    const words = ['explain', '--iptables-save', 'rules', '--from', '192.0.2.9', '--to', '192.0.2.2:80']
    const { code, stderr } = await portolan(words, { folder })
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /no route of the host leads back to 192\.0\.2\.9.*--in, or give the facts .* --host/,
    )
  })
})

describeOnKernel('explain on a host of its own', 'nftables', () => {
  test('reads every table of the host, not only ours, and lists nothing twice', async () => {
    const script =
      'ip link set lo up; nft -f own.nft; iptables-nft -A INPUT -p tcp --dport 25 -m addrtype --src-type LOCAL -j ACCEPT;' +
      ' exec "$@" explain --to 127.0.0.1:25 --json'
    const { commandLine } = await import('./portolan.ts')
    const { code, stdout, stderr } = await run(
      ['unshare', '--net', 'sh', '-c', script, 'sh', ...commandLine],
      { folder },
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { outcome, certainty, culprit, trace } = JSON.parse(stdout)
    expect({ outcome, certainty, culprit }).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
      culprit: { tool: 'nft', table: 'mine', text: 'tcp dport 25 drop' },
    })
    expect(new Set(trace.map(({ tool }: { tool: string }) => tool))).toEqual(new Set(['nft', 'iptables-nft']))
  })
})
