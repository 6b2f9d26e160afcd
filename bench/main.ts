import { parseArgs } from 'node:util'
import { scaleOf } from './entry.ts'
import { entryNames, loadEntry } from './entry-files.ts'
import { describeMachine } from './machine.ts'
import { printReport } from './print-report.ts'
import { reportOf } from './report.ts'
import { childFlag, runApart } from './run-apart.ts'
import { storeReport } from './store-report.ts'

const usage = `npm run bench -- [--quick] [--json] [--store FILE] [--peers] [--list] [NAME...]
  --quick  small sizes, one round: shows that everything works, and says nothing about time
  --json   print JSON, and only JSON, on standard output (npm's own two lines: npm run --silent bench)
  --store  write the JSON to bench/results/FILE.json too, and its charts beside it
  --peers  other engines beside Portolan; with --store also as charts
  --list   print the names, and run nothing`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    store: { type: 'string' },
    peers: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    [childFlag]: { type: 'string' },
  },
})

const { quick, json, store, peers, list, help, [childFlag]: child } = values

/** Which were asked for. When none was named: all but the peers, or these alone. */
const chosenNames = async (): Promise<readonly string[]> => {
  const names = entryNames()
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new Error(`there is no bench ${JSON.stringify(unknown)}. There are: ${names.join(', ')}.`)
  if (positionals.length > 0) return positionals
  const entries = await Promise.all(names.map(loadEntry))
  return names.filter((_, at) => (entries[at]?.isPeers ?? false) === peers)
}

const runAll = async (): Promise<void> => {
  const results = []
  for (const name of await chosenNames()) {
    if (!json) process.stderr.write(`${name} ...\n`)
    results.push({ name, ...(await runApart(name, (await loadEntry(name)).needs, quick)) })
  }
  const report = reportOf(results, describeMachine(), quick)
  if (store !== undefined) storeReport(store, report)
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report))
  if (report.failed.length > 0) process.exitCode = 1
}

try {
  if (help) process.stdout.write(`${usage}\n`)
  else if (typeof child === 'string') {
    const rows = await (await loadEntry(child)).measure(scaleOf(quick))
    process.stdout.write(JSON.stringify(rows))
  } else if (list) {
    for (const name of entryNames())
      process.stdout.write(`${name.padEnd(24)} ${(await loadEntry(name)).about}\n`)
  } else await runAll()
} catch (error) {
  // The author of an entry needs a child's whole trace; a mistyped name needs none.
  process.stderr.write(
    `bench: ${error instanceof Error ? (child === undefined ? error.message : error.stack) : error}\n`,
  )
  process.exitCode = 1
}
