import { expect, test } from '@jest/globals'
import { bridgeAlias } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { hostSysctls, linkSysctlNames } from '@portolan/netfilter/sysctls'
import { bridge, intentOf, planOf } from '../shop.ts'

const interfaces = ['eth0', bridge]

/** Facts that record the name of every sysctl that is read. */
const watched = (asked: Set<string>): HostFacts => {
  const note = (name: string | symbol): void => {
    asked.add(String(name))
  }
  const values: Record<string, string> = { 'net.ipv4.ip_forward': '0', 'net.ipv6.conf.all.forwarding': '0' }
  return {
    interfaces: interfaces.map((name) => ({
      ...{ name, up: true, addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
      ...(name === bridge ? { alias: bridgeAlias({ project: 'shop', network: 'web' }) } : {}),
    })),
    routes: [{ destination: '::/0', gateway: 'fe80::1', interface: 'eth0', protocol: 'ra' }],
    sysctls: new Proxy(values, {
      get: (target, name) => {
        note(name)
        return Reflect.get(target, name)
      },
      getOwnPropertyDescriptor: (target, name) => {
        // Copying all entries reads no sysctl by name.
        if (!(name in target)) note(name)
        return Reflect.getOwnPropertyDescriptor(target, name)
      },
    }),
  }
}

test('a plan asks for no sysctl that is not read from a host', () => {
  const read = new Set([
    ...hostSysctls,
    ...['all', 'default', ...interfaces].flatMap((link) => [
      ...linkSysctlNames('ipv4', link),
      ...linkSysctlNames('ipv6', link),
    ]),
  ])
  const text =
    'services: {nginx: {ports: ["8080:80", "80"], networks: [web, db]}}\n' +
    'networks: {web: {enable_ipv6: true, driver_opts: {com.docker.network.bridge.enable_icc: "false"}}, db: {}}'
  const asked = new Set<string>()
  for (const sysctls of [true, false]) planOf({ intent: intentOf(text), facts: watched(asked), sysctls })
  const isOfOurs = (name: string): boolean => /\.conf\.br-(?!web)/.test(name)
  expect([...asked].filter((name) => !read.has(name) && !isOfOurs(name))).toEqual([])
  expect([...asked]).toEqual(
    expect.arrayContaining([
      'net.ipv4.ip_local_port_range',
      'net.ipv6.conf.eth0.accept_ra',
      `net.ipv4.conf.${bridge}.rp_filter`,
      'net.bridge.bridge-nf-call-iptables',
    ]),
  )
})
