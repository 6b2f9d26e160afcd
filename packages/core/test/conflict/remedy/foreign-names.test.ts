import { describe, expect, test } from '@jest/globals'
import { bridgeNameTaken, routeLocalnetDisabled, subnetOverlap } from '../../../src/conflict/index.ts'
import { isFirewalldName, isUfwInterface } from '../../../src/conflict/remedy/owner-names.ts'
import { sysctlCommands } from '../../../src/conflict/remedy/sysctl-command.ts'

describe('a command with a name that a shell or a program reads', () => {
  const overlap = [{ overlaps: '10.0.0.0/8', kind: 'route', detail: 'a route', owner: null }]

  test.each([
    ['web', ['portolan move web']],
    ['two words', ["portolan move 'two words'"]],
    ['$(id)', ["portolan move '$(id)'"]],
    ['-x', ['portolan move -- -x']],
    ['a\u202eb', []],
    ['a\nb', []],
  ])('moves network %j', (network, commands) => {
    expect(subnetOverlap(network, '10.1.0.0/16', overlap, true).remedy.commands).toEqual(commands)
  })

  test('shows the interface that has the name of a bridge', () => {
    const { remedy } = bridgeNameTaken('web', 'br;id', '')
    expect(remedy.commands).toEqual(["ip -d link show dev 'br;id'"])
  })

  test.each([
    ['net.ipv4.conf.br-web.route_localnet', ['sysctl -w net.ipv4.conf.br-web.route_localnet=1']],
    ['net.ipv4.conf.eth0/100.route_localnet', ['sysctl -w net.ipv4.conf.eth0/100.route_localnet=1']],
    // A pattern for any interface, the end of a name, and characters that a shell reads.
    ['net.ipv4.conf.*.route_localnet', []],
    ['net.ipv4.conf.a=b.route_localnet', []],
    ['net.ipv4.conf.$(id).route_localnet', []],
  ])('sets %s', (name, commands) => {
    expect(sysctlCommands(name, '1')).toEqual(commands)
    expect(routeLocalnetDisabled(name, '0', 'web').remedy.commands).toEqual(commands)
  })
})

describe('a name that is handed to a firewall', () => {
  test.each([
    ['eth0', true],
    ['br-web.100', true],
    // A keyword of the firewall, a wildcard, and a name that it refuses.
    ['out', false],
    ['comment', false],
    ['eth+', false],
    ['a b', false],
    ['-x', false],
    ["a'b", false],
  ])('is an interface to ufw: %s, %s', (name, expected) => {
    expect(isUfwInterface(name)).toBe(expected)
  })

  test.each([
    ['br-web', true],
    ['pt_web', true],
    ['docker', true],
    ['br.web', false],
    ['a b', false],
  ])('can be part of the name of a policy of firewalld: %s, %s', (name, expected) => {
    expect(isFirewalldName(name)).toBe(expected)
  })
})
