// Takes addresses one by one and says each on standard output once it is sure. Run with plain Node, on what is built.
// Usage: node allocate.js DIRECTORY NAME COUNT [FIRST]
import { writeSync } from 'node:fs'
import { acquireAddress, leaseKey, releaseLease } from '@portolan/core'
import { openLeaseStore } from '@portolan/host'

const [directory = '', service = '', count = '0', first = '1'] = process.argv.slice(2)
const store = openLeaseStore(directory)
for (let replica = Number(first); replica < Number(first) + Number(count); replica += 1) {
  const { address } = await store.transact((state) =>
    acquireAddress(state, {
      on: { project: 'shop', network: 'web' },
      holder: { project: 'shop', service, replica },
      subnet: '10.0.0.0/16',
      gateway: '10.0.0.1',
      ipRange: null,
      address: null,
      mac: null,
    }),
  )
  writeSync(1, `+ ${replica} ${address}\n`)
  // Some come and go, so that not only new records are written.
  if (replica % 5 !== 0) continue
  const key = leaseKey({
    kind: 'address',
    on: { project: 'shop', network: 'web' },
    family: 'ip',
    address,
    mac: '',
    holder: { project: 'shop', service, replica },
    released: null,
  })
  writeSync(1, `? ${replica} ${address}\n`)
  await store.transact((state) => releaseLease(state, key))
  writeSync(1, `- ${replica} ${address}\n`)
}
await store.close()
