import { parseArgs } from 'node:util'
import { type Size, scaleOf } from './entry.ts'
import { entryNames, loadEntry } from './entry-files.ts'
import { describeMachine } from './machine.ts'
import { compare } from './pairs/compare.ts'
import { buildOther } from './pairs/other-build.ts'
import { printComparison } from './pairs/print-comparison.ts'
import { pairedEntries, runPairs } from './pairs/run-pairs.ts'
import { printReport } from './print-report.ts'
import { refuseOptions } from './refuse-options.ts'
import { reportOf } from './report.ts'
import { childFlag, runApart, sizeFlag } from './run-apart.ts'
import { checkStore, storeReport } from './store-report.ts'

const usage = `npm run bench -- [--quick | --store FILE] [--json] [--peers | NAME...]
npm run bench -- --against REF [--pairs N] [--json] [NAME...]
npm run bench -- --list
  --quick    small sizes, one round: shows that everything works, and says nothing about time
  --json     print JSON, and only JSON, on standard output (npm's own two lines: npm run --silent bench)
  --store    write the JSON to bench/results/FILE.json too, and its charts beside it
  --peers    other engines beside Portolan; with --store also as charts
  --against  builds another commit, runs both builds in turn in small sizes, and tells what became slower;
             exit code 2 where something became more than 10 % slower, beyond the noise
  --pairs    how often both builds run; default: 9
  --list     print the names, and run nothing`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    store: { type: 'string' },
    peers: { type: 'boolean', default: false },
    against: { type: 'string' },
    pairs: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    [childFlag]: { type: 'string' },
    [sizeFlag]: { type: 'string', default: 'full' },
  },
})

const { quick, json, store, peers, against, list, help } = values
const { [childFlag]: child, [sizeFlag]: childSize } = values

/** The entries named on the command line, or else the default ones. */
const chosenNames = async (byDefault: () => Promise<readonly string[]>): Promise<readonly string[]> => {
  const names = entryNames()
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new Error(`there is no bench ${JSON.stringify(unknown)}. There are: ${names.join(', ')}.`)
  return positionals.length > 0 ? positionals : byDefault()
}

/** All entries except the peers; with `--peers` only those. */
const allNames = async (): Promise<readonly string[]> => {
  const names = entryNames()
  const entries = await Promise.all(names.map(loadEntry))
  return names.filter((_, at) => (entries[at]?.isPeers ?? false) === peers)
}

const tell = (text: string): void => void (json || process.stderr.write(text))

const show = (value: unknown, text: string): void =>
  void process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text)

const runAll = async (): Promise<void> => {
  if (store !== undefined) checkStore(store)
  const results = []
  for (const name of await chosenNames(allNames)) {
    tell(`${name} ...\n`)
    const { needs } = await loadEntry(name)
    results.push({ name, ...(await runApart(name, needs, quick ? 'quick' : 'full')) })
  }
  const report = reportOf(results, describeMachine(), quick)
  if (store !== undefined) storeReport(store, report)
  show(report, printReport(report))
  if (report.failed.length > 0) process.exitCode = 1
}

const runAgainst = async (ref: string): Promise<void> => {
  const count = Number(values.pairs ?? 9)
  if (!Number.isInteger(count) || count < 1) throw new Error(`--pairs ${values.pairs} is no number of pairs`)
  const names = await chosenNames(async () => pairedEntries)
  tell(`building ${ref} ...\n`)
  using base = buildOther(ref)
  const { pairs, failed } = await runPairs(names, base.main, count, tell)
  const rows = compare(pairs)
  const machine = describeMachine()
  show({ machine, rows, failed }, printComparison(rows))
  for (const why of failed) process.stderr.write(`not compared: ${why}\n`)
  if (rows.some(({ verdict }) => verdict === 'slower')) process.exitCode = 2
}

try {
  if (!help && child === undefined)
    refuseOptions({ quick, json, peers, list, store, against, pairs: values.pairs, names: positionals })
  if (help) process.stdout.write(`${usage}\n`)
  else if (typeof child === 'string') {
    const rows = await (await loadEntry(child)).measure(scaleOf(childSize as Size))
    process.stdout.write(JSON.stringify(rows))
  } else if (list) {
    for (const name of entryNames())
      process.stdout.write(`${name.padEnd(24)} ${(await loadEntry(name)).about}\n`)
  } else if (against !== undefined) await runAgainst(against)
  else await runAll()
} catch (error) {
  // A failure in a child prints the whole trace, for the entry's author. A mistyped name prints only the message.
  process.stderr.write(
    `bench: ${error instanceof Error ? (child === undefined ? error.message : error.stack) : error}\n`,
  )
  process.exitCode = 1
}
