import { expect, test } from '@jest/globals'
import { expectTrue } from './expect-true.ts'
import { look } from './look.ts'
import { filter } from './saved.ts'

const odd = '-A FORWARD -s 172.30.1.10/32 -d 198.51.100.1/32 -p tcp -m tcp --sport 7777 --dport 443 -j DROP'

const among = (bans: readonly string[]): string => filter(...bans.slice(0, 150), odd, ...bans.slice(150))

const addresses = Array.from(
  { length: 300 },
  (_, at) => `203.0.${110 + Math.floor(at / 200)}.${(at % 200) + 1}`,
)

test.each([
  ['bans', addresses.map((address) => `-A FORWARD -s ${address}/32 -j DROP`)],
  ['bans of what containers call', addresses.map((address) => `-A FORWARD -d ${address}/32 -j DROP`)],
  [
    'rules that are too many to tell apart',
    addresses.map((address, at) => `-A FORWARD -d ${address}/32 -p tcp -m tcp --dport ${1000 + at} -j DROP`),
  ],
])('a rule of another form is told beside 300 %s, which are counted as they are', async (_name, bans) => {
  const found = await look({ saved: among(bans) })
  const ofNetwork = found.conflicts.filter(({ mapping }) => mapping === null)
  expect(ofNetwork.map(({ culprit }) => culprit?.text)).toContain(odd)
  const list = ofNetwork.find(({ culprit }) => bans.includes(culprit?.text ?? ''))
  const isCounted = found.plan.incomplete.length === 0
  if (isCounted) expect(list?.message).toContain('299 more rules do the same to other packets.')
  else expect(list?.message).toMatch(/At least \d+ more rules do the same to other packets\./)
  expectTrue(found)
})
