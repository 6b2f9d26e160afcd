import { expect, test } from '@jest/globals'
import { readConfig } from '../src/config/network-config.ts'
import { readRequest } from '../src/request/cni-request.ts'
import { wantedAddresses } from '../src/verb/wanted-addresses.ts'

const wanted = (args: string, more: object): unknown =>
  wantedAddresses(
    readRequest({
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'pod-1',
      CNI_NETNS: '/run/netns/pod-1',
      CNI_IFNAME: 'eth0',
      CNI_ARGS: args,
    }),
    readConfig(JSON.stringify({ cniVersion: '1.1.0', name: 'pods', ...more })),
  )

test.each([
  ['nothing', '', {}, {}],
  [
    'CNI_ARGS',
    'IgnoreUnknown=1;IP=10.1.0.5;MAC=02:42:0a:01:00:05;K8S_POD_NAME=web',
    {},
    { address: '10.1.0.5', mac: '02:42:0a:01:00:05' },
  ],
  ['args.cni.ips', '', { args: { cni: { ips: ['10.1.0.6/24'] } } }, { address: '10.1.0.6' }],
  [
    'the capability ips, before all others',
    'IP=10.1.0.5',
    { runtimeConfig: { ips: ['10.1.0.7/24', 'fd00::7/64'], mac: '02:42:0a:01:00:07' } },
    { address: '10.1.0.7', address6: 'fd00::7', mac: '02:42:0a:01:00:07' },
  ],
])('takes the addresses of %s', (_what, args, more, expected) => {
  expect(wanted(args, more)).toEqual(expected)
})

test.each([
  ['two of one family', '', { runtimeConfig: { ips: ['10.1.0.7', '10.1.0.8'] } }, '10.1.0.7 and 10.1.0.8'],
  ['what is no address', 'IP=ten', {}, 'IP="ten"'],
  ['a MAC that is none', 'MAC=zz', {}, 'CNI_ARGS has MAC="zz": expected a MAC address such as'],
  ['a MAC of a group', 'MAC=01:00:5e:00:00:01', {}, 'with an even first byte'],
  ['what is no list', '', { args: { cni: { ips: '10.1.0.7' } } }, 'args.cni.ips'],
])('refuses %s', (_what, args, more, words) => {
  expect(() => wanted(args, more)).toThrow(words)
})
