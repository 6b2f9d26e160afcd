import {
  checkArgument,
  checkOptions,
  functionValue,
  listValue,
  type OptionKinds,
  objectValue,
  textValue,
} from '@portolan/netfilter/schema'
import type { ComposeFile, ComposeFilesOptions, ComposeOptions } from './options.ts'

const filesKinds: OptionKinds<ComposeFilesOptions> = {
  project: textValue('a name'),
  folder: textValue('a path'),
  environment: objectValue('an object of texts such as process.env'),
  dotenv: objectValue('an object of texts'),
  profiles: listValue('a list of names', (value) => typeof value === 'string'),
  load: functionValue,
  loadVariables: functionValue,
}

const composeKinds: OptionKinds<ComposeOptions> = { ...filesKinds, source: textValue('the name of a file') }

/** @throws InvalidRequestError naming the argument or the option */
export const checkComposeText = (text: unknown, options: unknown): void => {
  checkArgument(
    text,
    textValue('a text; of a Buffer, that is its toString()'),
    'the text of the Compose file',
  )
  checkOptions<ComposeOptions>(options, composeKinds, 'the options of readCompose')
  const { source } = options as Partial<ComposeOptions>
  checkArgument(
    source,
    textValue('what to call the text in errors, such as "compose.yaml"'),
    'source in the options of readCompose',
  )
}

/** @throws InvalidRequestError naming the argument or the option */
export const checkComposeFiles = (files: readonly ComposeFile[], options: unknown): void => {
  const aFile = objectValue('a file', { text: 'text', source: 'text' })
  checkArgument(files, listValue('a list of { text, source }', aFile.holds), 'the list of Compose files')
  checkOptions<ComposeFilesOptions>(options, filesKinds, 'the options of readComposeFiles')
}
