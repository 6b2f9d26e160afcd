import { expect, test } from '@jest/globals'
import { InvalidRequestError, MissingToolError, PortolanError } from '@portolan/netfilter'
import { asCniError } from '../src/cni-error.ts'

const full = new PortolanError('STATE', {
  problem: 'The disk is full.',
  remedy: ({ elsewhere }) => `Make room, or ${elsewhere}.`,
})

test.each([
  [
    full,
    {
      code: 100,
      message: 'The disk is full.',
      details: 'Make room, or name another folder with "stateDir" in the network configuration.',
    },
  ],
  [new InvalidRequestError('mtu is 1.'), { code: 7, message: 'mtu is 1.', details: '' }],
  [
    new MissingToolError('nft', 'nftables'),
    {
      code: 100,
      message: 'nft is not installed.',
      details: 'Install the package nftables and run this again.',
    },
  ],
  [new TypeError('broken'), { code: 100, message: 'broken', details: '' }],
])('a runtime is told what is wrong, and apart from it what to do: %p', (thrown, told) => {
  expect(asCniError(thrown)).toMatchObject(told)
})
