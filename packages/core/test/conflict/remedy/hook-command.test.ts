import { describe, expect, test } from '@jest/globals'
import { isHookCommand } from '../../../src/conflict/remedy/hook-command.ts'

const split = (line: string): readonly string[] => line.split(' ')

describe('a command of a hook', () => {
  test.each([
    [
      'DOCKER-USER',
      'iptables-nft -t filter -I DOCKER-USER 1 -o br-web -d 172.30.1.10 -p tcp --dport 80 -j ACCEPT',
    ],
    [
      'DOCKER-USER',
      'iptables-nft -t filter -I DOCKER-USER 1 -o br-web -d 172.30.1.10 -p tcp --dport 80 -m conntrack --ctstate DNAT -j ACCEPT',
    ],
    [
      'DOCKER-USER',
      'ip6tables-legacy -t filter -D DOCKER-USER -i br-web -s fd00::/64 -p sctp --sport 80 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ],
    ['DOCKER-USER', 'iptables-nft -t filter -I DOCKER-USER 12 -o br-web -j ACCEPT'],
    ['DOCKER-USER', 'iptables-nft -t filter -A DOCKER-USER -o br-web -j ACCEPT'],
    ['ufw', 'ufw route allow in on br-web out on eth0 from 172.30.1.0/24 to any'],
    ['ufw', 'ufw route prepend allow in on eth0 out on br-web proto tcp to 172.30.1.10 port 80'],
    ['ufw', 'ufw route delete allow in on br-web from 172.30.1.0/24 to any'],
    ['firewalld', 'firewall-cmd --permanent --new-policy=pl-br-web'],
    ['firewalld', 'firewall-cmd --permanent --policy=pl-br-web --set-priority=32000'],
    ['firewalld', 'firewall-cmd --permanent --delete-policy=p2-br-abcdefghijkl'],
    ['firewalld', 'firewall-cmd --permanent --delete-policy=pl2-br-web'],
    ['firewalld', 'firewall-cmd --permanent --policy=pl-br-web --set-priority=24117'],
    ['firewalld', 'firewall-cmd --permanent --zone=public --remove-interface=br-web'],
    ['firewalld', 'firewall-cmd --permanent --new-zone=br-web'],
    ['firewalld', 'firewall-cmd --permanent --policy=to-br-web --add-egress-zone=br-web'],
    ['firewalld', 'firewall-cmd --permanent --zone=trusted --remove-interface=br-web'],
    ['firewalld', 'firewall-cmd --reload'],
  ])('of %s is known: %s', (name, line) => {
    expect(isHookCommand(name, split(line))).toBe(true)
  })

  test.each([
    ['DOCKER-USER', 'touch /tmp/x'],
    ['DOCKER-USER', 'iptables-nft -t filter -F DOCKER-USER'],
    ['DOCKER-USER', 'iptables-nft -t filter -I DOCKER-USER 0 -o br-web -j ACCEPT'],
    ['DOCKER-USER', 'iptables-nft -t filter -I INPUT 1 -j ACCEPT'],
    ['DOCKER-USER', 'iptables-nft -t filter -I DOCKER-USER 1 -o br-web -j DROP'],
    ['DOCKER-USER', 'iptables-nft -t filter -I DOCKER-USER 1 --modprobe /tmp/x -j ACCEPT'],
    ['DOCKER-USER', 'iptables-nft -t filter -I DOCKER-USER 1 -o -f -j ACCEPT'],
    ['DOCKER-USER', 'iptables-nft -t filter -I DOCKER-USER 1 -o a -o b -j ACCEPT'],
    ['DOCKER-USER', './iptables-nft -t filter -D DOCKER-USER -j ACCEPT'],
    ['DOCKER-USER', 'ufw route delete allow to any'],
    ['ufw', 'ufw disable'],
    ['ufw', 'ufw route prepend allow to any port 80 comment x'],
    ['ufw', 'ufw route prepend deny to any port 80'],
    ['ufw', 'ufw'],
    ['firewalld', 'firewall-cmd --panic-on'],
    ['firewalld', 'firewall-cmd --permanent --zone=public --add-service=ssh'],
    ['firewalld', 'firewall-cmd --permanent --new-zone-from-file=/tmp/x'],
    ['another program', 'firewall-cmd --reload'],
    ['DOCKER-USER', ''],
  ])('of %s is not: %s', (name, line) => {
    expect(isHookCommand(name, split(line))).toBe(false)
  })

  test('of firewalld may hold a rich rule for addresses of ours, and no other', () => {
    const rich = (rule: string): readonly string[] => [
      'firewall-cmd',
      '--permanent',
      '--policy=pl-br-web',
      `--add-rich-rule=${rule}`,
    ]
    const ours = 'rule family="ipv4" destination address="172.30.1.10" port port="80" protocol="tcp" accept'
    expect(isHookCommand('firewalld', rich(ours))).toBe(true)
    expect(isHookCommand('firewalld', rich('rule family="ipv4" accept'))).toBe(false)
    expect(isHookCommand('firewalld', rich('rule family="ipv4" destination address="::/0" log accept'))).toBe(
      false,
    )
  })

  test('does not hide a second word or line in a first', () => {
    expect(isHookCommand('firewalld', ['firewall-cmd', '--permanent --new-zone=a'])).toBe(false)
    expect(isHookCommand('firewalld', ['firewall-cmd', '--permanent', '--new-zone=a\n--panic-on'])).toBe(
      false,
    )
    expect(isHookCommand('ufw', ['ufw', 'route', 'delete', 'allow', 'in', 'on', 'a\nb'])).toBe(false)
    expect(isHookCommand('ufw', ['ufw\n', 'route', 'delete', 'allow'])).toBe(false)
  })
})
