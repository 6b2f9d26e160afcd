import { expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { heldText } from '../../src/stored-intent/held-text.ts'

const parse = (text: string | null): string => {
  if (text === null || text === 'wrong') throw new InvalidRequestError('no text')
  return `intent of ${text}`
}

test('the text that is kept is the one that was read, whatever came meanwhile', async () => {
  const written: string[] = []
  const held = heldText('first', null, parse, async (text) => void written.push(text))
  expect(held.read()).toBe('intent of first')
  expect(held.hear('wrong')).toBe(true)
  await held.keep('nftables')
  expect(written).toEqual(['first'])
  expect(() => held.read()).toThrow('no text')
  await held.keep('nftables')
  expect(held.hear('second')).toBe(true)
  expect(held.hear('second')).toBe(false)
  expect(held.read()).toBe('intent of second')
  await held.keep('nftables')
  await held.keep('nftables')
  expect(written).toEqual(['first', 'second'])
})

test('a text that is kept already is written again only with the backend that it is in force with by now', async () => {
  const written: string[] = []
  const held = heldText('first', 'first', parse, async (text, _, backend) => {
    written.push(`${text} ${backend}`)
  })
  held.read()
  for (const backend of ['nftables', 'nftables', 'iptables-nft', 'iptables-nft']) await held.keep(backend)
  expect(written).toEqual(['first nftables', 'first iptables-nft'])
})

test('what is written again is the text that is in force, not one that came later', async () => {
  const written: string[] = []
  const held = heldText('first', null, parse, async (text, read) => void written.push(`${text}: ${read}`))
  expect(held.isKept()).toBe(false)
  await held.keepAgain('nftables')
  held.read()
  await held.keep('nftables')
  held.hear('second')
  held.read()
  await held.keepAgain('nftables')
  expect(held.isKept()).toBe(true)
  expect(written).toEqual(['first: intent of first', 'first: intent of first'])
})
