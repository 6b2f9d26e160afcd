import fc from 'fast-check'
import { hostileInterface, hostileText } from './hostile.ts'

const byteLength = (text: string): number => Buffer.byteLength(text)

/** No text for the kernel contains half of a surrogate pair. */
const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text)

/** Names that the kernel accepts, and that nft or a shell would read as further commands. */
const commands = [
  'a accept; flush ruleset #',
  'a handle 1; flush ruleset;',
  'a accept\nflush ruleset\n',
  'a; delete table ip keep',
  "a'; nft flush ruleset; '",
  'a $(nft flush ruleset)',
  'a `nft flush ruleset`',
  '"a" accept; flush ruleset',
  'a", "expr": []}}}, {"flush": {"ruleset": null}}]}',
  '{ }',
  'last',
  'accept',
  '@a',
  '-f',
  '--help',
  '-1',
  'a*',
  'a \u001b[2J\u202eb',
  'x'.repeat(255),
  '漢'.repeat(85),
] as const

/** A name that the kernel accepts for a table or a chain of nf_tables: up to 255 bytes, here of UTF-8. */
export const hostileChain: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom<string>(...commands) },
  {
    weight: 2,
    arbitrary: hostileText.filter(
      (name) => name !== '' && byteLength(name) <= 255 && !name.includes('\0') && isWellFormed(name),
    ),
  },
)

/** A name that the kernel accepts for an interface (net/core/dev.c `dev_valid_name`). */
export const kernelInterface: fc.Arbitrary<string> = hostileInterface.filter(
  (name) =>
    name !== '' &&
    byteLength(name) <= 15 &&
    name !== '.' &&
    name !== '..' &&
    // isspace() of the kernel goes byte by byte, and counts U+00A0 as a space too.
    !/[\s/:\0\u0085]/.test(name) &&
    !Buffer.from(name).includes(0xa0) &&
    isWellFormed(name),
)
