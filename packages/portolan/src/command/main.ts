import { version } from '../version.ts'

// Nothing else is imported before it is needed: `portolan --version` should cost what node itself costs.
const words = process.argv.slice(2)
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.write(`${version}\n`)
} else {
  const { run } = await import('./run.ts')
  process.exitCode = await run(words)
}
