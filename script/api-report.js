/**
 * Compares the public surface of each package entry with its checked-in report. API Extractor makes the report from
 * the declarations in dist. With --write the reports are written anew.
 * Usage: node script/api-report.js [--write]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { packageEntries } from './package-entries.js'

const root = join(import.meta.dirname, '..')
const written = mkdtempSync(join(tmpdir(), 'portolan-api-'))

/**
 * The name of an entry's report: text.api.md for `@portolan/netfilter/text`, and index.api.md for
 * `@portolan/netfilter`.
 */
const reportOf = ({ specifier }) =>
  `${specifier.split('/').slice(specifier.startsWith('@') ? 2 : 1)[0] ?? 'index'}.api.md`

const level = (logLevel, addToApiReportFile = false) => ({ logLevel, addToApiReportFile })

const configOf = (entry) => {
  const folder = join(root, 'packages', entry.package)
  return ExtractorConfig.prepare({
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(root, entry.declarations),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2023',
            lib: ['ES2023', 'ESNext.Disposable'],
            module: 'NodeNext',
            strict: true,
            skipLibCheck: true,
            types: ['node'],
            typeRoots: [join(root, 'node_modules/@types')],
          },
          files: [join(root, entry.declarations)],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: reportOf(entry),
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(written, entry.package),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: level('error') },
        extractorMessageReporting: {
          default: level('error'),
          // An error: an entry exports something that is @internal.
          'ae-internal-missing-underscore': level('error'),
          // Not checked, but shown in the report, so that a review sees which of them come and go.
          'ae-missing-release-tag': level('none'),
          'ae-forgotten-export': level('none'),
          'ae-undocumented': level('none'),
          'ae-unresolved-link': level('none'),
        },
        // Doc comments are written for people and editors. No TSDoc grammar is checked beyond their tags.
        tsdocMessageReporting: { default: level('none') },
      },
    },
  })
}

/** The faults of one entry, one per line. */
const faultsOf = (entry, localBuild, compilerState) => {
  const faults = []
  const { apiReportChanged } = Extractor.invoke(configOf(entry), {
    localBuild,
    compilerState,
    messageCallback: (message) => {
      message.handled = true
      if (message.logLevel === 'error' && message.category !== 'console')
        faults.push(`${entry.specifier}: ${message.text}`)
    },
  })
  if (apiReportChanged && !localBuild)
    faults.push(
      `${entry.specifier}: the public surface is no longer what packages/${entry.package}/api/${reportOf(entry)} says. If that is meant, run "npm run api", look at the difference, and commit it with the change.`,
    )
  return faults
}

try {
  const localBuild = process.argv.includes('--write')
  // All entries share one compiler program, because most of them read the same declarations.
  const compilerState = CompilerState.create(configOf(packageEntries[0]), {
    additionalEntryPoints: packageEntries.map(({ declarations }) => join(root, declarations)),
  })
  const faults = packageEntries.flatMap((entry) => faultsOf(entry, localBuild, compilerState))
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length > 0 ? 1 : 0
} finally {
  rmSync(written, { recursive: true, force: true })
}
