import { expect, test } from '@jest/globals'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { type HeldText, heldText } from '../../src/stored-intent/held-text.ts'
import type { KeyAnswer, TextInForce } from '../../src/stored-intent/key-history.ts'

const parse = (text: string | null): string => {
  if (text === null || text === 'wrong') throw new InvalidRequestError('no text')
  return `intent of ${text}`
}

/** The content of a key at a revision. The text was put at that revision, unless `put` says otherwise. */
const at = (revision: number, text: string | null, put = revision): KeyAnswer => ({
  ...{ text, revision },
  put: text === null ? 0 : put,
})

const holding = (first: KeyAnswer, kept: TextInForce | null = null) => {
  const written: (readonly [TextInForce, string, string])[] = []
  const held = heldText(first, kept, {
    parse,
    refuse: ({ last }) => new PortolanError('INTENT_OLDER', `${last.text} is older`),
    write: async (...all) => void written.push(all),
  })
  return { held, written, texts: () => written.map(([{ text }]) => text) }
}

/** Takes the waiting text, as a watch does when nothing prevents it. */
const take = async (held: HeldText<string>): Promise<string> => {
  try {
    const read = held.read()
    await held.keep('nftables')
    return read
  } catch (error) {
    return (error as Error).message
  }
}

/** A watch that has taken a text of revision 120 at 130, and has heard of revision 180 since. */
const watching = async () => {
  const { held, written } = holding(at(130, 'X', 120))
  await take(held)
  held.hear(at(180, 'X', 120))
  const hear = async (answer: KeyAnswer): Promise<string | null> => {
    const isNews = held.hear(answer)
    await held.keepHeard()
    return isNews ? take(held) : null
  }
  const last = (): TextInForce | undefined => written.at(-1)?.[0]
  return { hear, last }
}

test('the text that is kept is the one that was read, whatever came meanwhile', async () => {
  const { held, texts } = holding(at(1, 'first'))
  expect(held.read()).toBe('intent of first')
  expect(held.hear(at(2, 'wrong'))).toBe(true)
  await held.keep('nftables')
  expect(texts()).toEqual(['first'])
  expect(() => held.read()).toThrow('no text')
  await held.keep('nftables')
  expect(held.hear(at(3, 'second'))).toBe(true)
  expect(held.hear(at(3, 'second'))).toBe(false)
  expect(held.read()).toBe('intent of second')
  await held.keep('nftables')
  await held.keep('nftables')
  expect(texts()).toEqual(['first', 'second'])
})

test('a text that is kept already is written again only with the backend that it is in force with by now', async () => {
  const { held, written } = holding(at(1, 'first'), { text: 'first', revisions: null })
  held.read()
  for (const backend of ['nftables', 'nftables', 'iptables-nft', 'iptables-nft']) await held.keep(backend)
  const first = { text: 'first', revisions: { put: 1, seen: 1 } }
  expect(written).toEqual([
    [first, 'intent of first', 'nftables'],
    [first, 'intent of first', 'iptables-nft'],
  ])
})

test('what is written again is the text that is in force, not one that came later', async () => {
  const { held, written } = holding(at(1, 'first'))
  expect(held.isKept()).toBe(false)
  await held.keepAgain('nftables')
  held.read()
  await held.keep('nftables')
  held.hear(at(2, 'second'))
  held.read()
  await held.keepAgain('nftables')
  expect(held.isKept()).toBe(true)
  expect(written.map(([{ text }, read]) => `${text}: ${read}`)).toEqual([
    'first: intent of first',
    'first: intent of first',
  ])
})

test('a text of an older copy of the data is not taken, and one that is put anew is', async () => {
  const { hear, last } = await watching()
  expect(await hear(at(100, 'W', 90))).toBe('W is older')
  expect(last()).toEqual({ text: 'X', revisions: { put: 120, seen: 180, older: 100 } })
  // It is reported once, however many revisions follow.
  expect(await hear(at(400, 'W', 90))).toBeNull()
  expect(await hear(at(401, 'W'))).toBe('intent of W')
  expect(last()).toEqual({ text: 'W', revisions: { put: 401, seen: 401 } })
})

test('one that was put anew below the former revisions is taken too, as is the text in force', async () => {
  const first = await watching()
  await first.hear(at(100, 'W', 90))
  expect(await first.hear(at(101, 'Z'))).toBe('intent of Z')
  const second = await watching()
  await second.hear(at(100, 'W', 90))
  expect(await second.hear(at(101, 'X'))).toBe('intent of X')
  expect(second.last()).toEqual({ text: 'X', revisions: { put: 101, seen: 101 } })
  // The newest text, which this host had not seen.
  const third = await watching()
  await third.hear(at(100, 'W', 90))
  expect(await third.hear(at(185, 'Y'))).toBe('intent of Y')
})

test('a key that is missing in the older copy is as one that was deleted, and the next text is taken', async () => {
  const { hear, last } = await watching()
  expect(await hear(at(100, null))).toBe('no text')
  expect(last()?.revisions).toMatchObject({ older: 100 })
  expect(await hear(at(101, 'Z'))).toBe('intent of Z')
  const deleted = await watching()
  await deleted.hear(at(190, null))
  await deleted.hear(at(100, null))
  expect(await deleted.hear(at(101, 'Z'))).toBe('intent of Z')
})

test('a copy that has the key as it was takes nothing back, and what is put then is taken', async () => {
  const { hear } = await watching()
  expect(await hear(at(125, 'X', 120))).toBeNull()
  expect(await hear(at(126, 'Z'))).toBe('intent of Z')
  const former = await watching()
  expect(await former.hear(at(100, 'X', 90))).toBeNull()
  expect(await former.hear(at(101, 'Z'))).toBe('intent of Z')
})

test('a text that is held back already, and that the copy has, is not told as older', async () => {
  const { held } = holding(at(130, 'X', 120))
  await take(held)
  held.hear(at(180, 'W'))
  expect(held.read()).toBe('intent of W')
  held.hear(at(200, 'W', 180))
  expect(held.hear(at(190, 'W', 180))).toBe(false)
  expect(held.read()).toBe('intent of W')
  // A text that came in between counts.
  held.hear(at(195, 'V'))
  expect(held.hear(at(185, 'U', 150))).toBe(true)
  expect(() => held.read()).toThrow('U is older')
})

test('a watch that starts again goes by what is remembered', () => {
  const revisions = { put: 120, seen: 130 }
  const isTaken = (answer: KeyAnswer, older?: number): boolean => {
    const known = { ...revisions, ...(older === undefined ? {} : { older }) }
    const { held } = holding(answer, { text: 'X', revisions: known })
    try {
      return held.read() === `intent of ${answer.text}`
    } catch {
      return false
    }
  }
  expect(isTaken(at(140, 'W', 125))).toBe(true)
  // Only other keys have changed.
  expect(isTaken(at(500, 'W', 90))).toBe(false)
  expect(isTaken(at(105, 'W', 104))).toBe(false)
  expect(isTaken(at(105, 'W', 104), 100)).toBe(true)
  expect(isTaken(at(105, 'W', 90), 100)).toBe(false)
  expect(isTaken(at(105, 'X', 90), 100)).toBe(true)
  const missing = holding(at(100, null), { text: 'X', revisions }).held
  missing.hear(at(101, 'Z'))
  expect(missing.read()).toBe('intent of Z')
})

test('what comes between reading a text and its coming into force is told from it', async () => {
  const { held } = holding(at(130, 'X', 120))
  await take(held)
  held.hear(at(180, 'W'))
  held.read()
  held.hear(at(150, 'X', 120))
  await held.keep('nftables')
  expect(() => held.read()).toThrow('X is older')
})
