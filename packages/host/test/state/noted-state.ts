import type { CreatedTable, HostState } from '../../src/state/host-state.ts'

export const nat: CreatedTable = { family: 'ip', table: 'nat', chains: ['PREROUTING', 'OUTPUT'], whole: true }

export const state: HostState = {
  sysctls: { 'net.ipv4.ip_forward': { before: '0', given: '1' } },
  created: [nat],
  attributes: { 'docker0 nfCallIptables': { before: 'false', given: 'true' } },
  fixes: [
    {
      project: 'shop',
      name: 'DOCKER-USER',
      beneficiaries: ['0.0.0.0:8080/tcp -> web:80'],
      needs: [{ of: 'mapping', bridge: 'br-web', address: '172.30.1.10', protocol: 'tcp', port: 80 }],
      commands: [['iptables-nft', '-t', 'filter', '-I', 'DOCKER-USER', '1', '-o', 'br-web', '-j', 'ACCEPT']],
      undo: [['iptables-nft', '-t', 'filter', '-D', 'DOCKER-USER', '-o', 'br-web', '-j', 'ACCEPT']],
    },
  ],
  owed: {
    mapped: [
      {
        family: 'ip',
        protocol: 'udp',
        hostAddress: null,
        hostPort: 53,
        address: '172.17.0.2',
        port: 53,
      },
    ],
    untranslated: [{ family: 'ip6', protocol: 'udp', hostAddress: '2001:db8::1', hostPort: 53 }],
  },
}
