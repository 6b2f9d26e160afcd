/** @public @since 0.1.0 */
export interface ComposeFile {
  readonly text: string
  /** The name of the file in errors. A path lets a terminal open it with a click. */
  readonly source: string
}

/** @public @since 0.1.0 */
export interface ComposeFilesOptions {
  /** The project's name, which wins over every other source: the value of `-p`. */
  readonly project?: string | undefined
  /**
   * The project's folder, from which the paths in the files start. It names the project where nothing else does. By
   * default the folder of the first source.
   */
  readonly folder?: string | undefined
  /**
   * The values of variables; they win over `dotenv`. COMPOSE_PROJECT_NAME and COMPOSE_PROFILES are read from here too.
   */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** The variables of a `.env` file, as `parseDotenv` returns them. */
  readonly dotenv?: Readonly<Record<string, string>> | undefined
  /** Profiles to enable instead of those of COMPOSE_PROFILES; `*` enables every profile. */
  readonly profiles?: readonly string[] | undefined
  /**
   * Reads another file, for `include` and `extends: {file}`. Without this function both are refused. `path` is as
   * written, relative to `folder`; `from` is the source that names it.
   */
  readonly load?: ((path: string, from: string, folder: string) => ComposeFile) | undefined
  /**
   * Reads a file of variables, for `include`: each that `env_file` names, and the `.env` in the included file's folder.
   * It returns null when there is no such file. Without this function `env_file` is refused, and no `.env` of an
   * included file is read.
   */
  readonly loadVariables?: ((path: string, from: string, folder: string) => ComposeFile | null) | undefined
}

/** @public @since 0.1.0 */
export interface ComposeOptions extends ComposeFilesOptions {
  /** The name of the text in errors: `compose.yaml`. */
  readonly source: string
}
