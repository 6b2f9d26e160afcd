import { expect, test } from '@jest/globals'
import { parse } from '../../src/index.ts'

// Found by comparing with the kernel: "2001:" was taken for an address with a port, which needs a protocol.
test.each(['2001:db8:2::2', 'fd00:30:1::1', '10:20::1'])('%s needs no protocol to be translated to', (to) => {
  const text = `*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j SNAT --to-source ${to}\nCOMMIT\n`
  const rules = parse(text, 'ip6tables-save', 'ip6').tables[0]?.chains[0]?.rules
  expect(rules?.map(({ target }) => target)).toEqual([{ kind: 'snat', to, options: [] }])
})
