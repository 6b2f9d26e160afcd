import { expect, test } from '@jest/globals'
import { parseMetricsAddress } from '../../src/metrics/metrics-address.ts'

test.each([
  ['127.0.0.1:9469', { family: 'ip', address: '127.0.0.1', port: 9469, text: '127.0.0.1:9469' }],
  ['0.0.0.0:80', { family: 'ip', address: '0.0.0.0', port: 80, text: '0.0.0.0:80' }],
  ['[::1]:9469', { family: 'ip6', address: '::1', port: 9469, text: '[::1]:9469' }],
  ['[FD00:0::1]:65535', { family: 'ip6', address: 'fd00::1', port: 65_535, text: '[fd00::1]:65535' }],
])('%s is an address and a port', (text, address) => {
  expect(parseMetricsAddress(text)).toEqual(address)
})

test.each([
  '',
  '9469',
  ':9469',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:http',
  '127.0.0.1:9469/metrics',
  '127.0.1:9469',
  '::1:9469',
  '[127.0.0.1]:9469',
  '[::1]',
  '[::1%lo]:9469',
])('%j is refused with what is expected', (text) => {
  expect(() => parseMetricsAddress(text)).toThrow(/expected an address of this host and a port/)
})

test('a name is refused with the reason', () => {
  expect(() => parseMetricsAddress('localhost:9469')).toThrow('A name is not looked up')
})

test.each(['127.0.0.1:0', '[::1]:65536', '127.0.0.1:99999'])('%s has no port that can be', (text) => {
  expect(() => parseMetricsAddress(text)).toThrow('expected a port from 1 to 65535')
})
