import { expect, test } from '@jest/globals'
import { checkHostName, parseClusterUrl } from '../../src/index.ts'

const plain = {
  cluster: 'prod',
  endpoints: ['etcd.example:2379'],
  tls: false,
  user: null,
  passwordFile: null,
  caFile: null,
  certFile: null,
  keyFile: null,
}

test.each([
  ['etcd://etcd.example/prod', plain],
  ['etcd://etcd.example:2379/prod', plain],
  [
    'etcd://192.0.2.1:1,[2001:db8::1]:2,[::1]/prod',
    { ...plain, endpoints: ['192.0.2.1:1', '[2001:db8::1]:2', '[::1]:2379'] },
  ],
  ['etcds://etcd.example/prod', { ...plain, tls: true }],
  ['ETCD://etcd.example/prod', plain],
  ['Etcds://etcd.example/prod', { ...plain, tls: true }],
  [
    'etcds://port%20olan@etcd.example/prod?password-file=/p&ca=/a%20b&cert=/c&key=/k',
    {
      ...plain,
      tls: true,
      user: 'port olan',
      passwordFile: '/p',
      caFile: '/a b',
      certFile: '/c',
      keyFile: '/k',
    },
  ],
])('%s', (url, address) => {
  expect(parseClusterUrl(url)).toEqual(address)
})

test.each([
  ['http://etcd.example/prod', /is no URL of a cluster\. Write etcd:\/\//],
  ['etcd://etcd.example', /is no URL/],
  ['etcd://etcd.example/', /no name/],
  ['etcd://etcd.example/a/b', /no name|is no URL/],
  ['etcd://etcd.example/-a', /no name/],
  ['etcd://etcd.example/prod/', /a slash behind its name: leave it out/],
  ['etcds://etcd.example/prod/?ca=/a', /a slash behind its name: leave it out/],
  ['etcd://[fe80::1]/prod', /link-local address "\[fe80::1\]".*none can be named.*another address/],
  ['etcd://192.0.2.1,[FEBF::1]:2379/prod', /link-local address/],
  ['etcd://[fe80::1%eth0]/prod', /link-local address.*no zone such as %eth0/],
  ['etcd://[2001:db8::1%eth0]/prod', /no zone such as %eth0/],
  ['etcd://etcd.example:0/prod', /where a host and a port belong/],
  ['etcd://etcd.example:65536/prod', /where a host and a port belong/],
  ['etcd://a,,b/prod', /where a host and a port belong/],
  ['etcd://user:secret@etcd.example/prod', /a password in it/],
  ['etcd://user@etcd.example/prod', /one of a user and a password-file/],
  ['etcd://etcd.example/prod?ca=/a', /TLS/],
  ['etcds://etcd.example/prod?cert=/a', /one of cert and key/],
  ['etcds://etcd.example/prod?ca=', /names no file for ca/],
  ['etcds://etcd.example/prod?tls=1', /unknown part "tls"/],
])('%s is refused', (url, why) => {
  expect(() => parseClusterUrl(url)).toThrow(why)
})

test.each([
  'etcd://user:secret@etcd.example/prod/',
  'etcd://user:secret@etcd.example',
  'http://u:secret@h/p',
])('nor is it where something else is wrong: %s', (url) => {
  expect(() => parseClusterUrl(url)).toThrow(':…@')
  expect(() => parseClusterUrl(url)).not.toThrow(/secret/)
})

test('a password in a URL is not repeated in the message', () => {
  expect(() => parseClusterUrl('etcd://user:secret@etcd.example/prod')).not.toThrow(/secret/)
})

test.each(['', '-a', 'a/b', 'a b', 'x'.repeat(64)])('%j is no name of a host', (name) => {
  expect(() => checkHostName(name)).toThrow(/cannot be the name of a host/)
})
