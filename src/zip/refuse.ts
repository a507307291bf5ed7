/** Why a ZIP or an entry is refused: the stable reasons, and the error that carries them. */

import { AppError } from '../base/errors.ts'

/** The reasons, in the order a reader meets them. They are shown to people and never change their meaning. */
export const reasons = {
  // the end of the file and the directory
  no_end_record: 'There is no end record: this is not a ZIP, or its end is missing.',
  truncated: 'The file ends before the place its records point at.',
  trailing_data: 'Something follows the end record.',
  multi_disk: 'The ZIP is one part of several.',
  zip64_record_missing: 'The ZIP64 locator does not point at a ZIP64 end record.',
  zip64_disagrees: 'The ZIP64 end record and the classic one say different things.',
  directory_misplaced: 'The central directory does not end where the end records begin.',
  directory_too_large: 'The central directory is larger than allowed.',
  too_many_entries: 'There are more entries than allowed.',
  count_differs: 'The end record counts other entries than the directory holds.',
  directory_damaged: 'A record of the central directory is damaged.',
  number_too_large: 'A size or an offset is beyond what can be addressed.',
  // one entry
  extra_damaged: 'The extra fields of the entry are damaged or doubled.',
  zip64_extra_missing: 'A size or offset points at a ZIP64 field that is not there.',
  encrypted: 'The entry is encrypted.',
  unknown_method: 'The entry is compressed in a way other than deflate.',
  unknown_flag: 'The entry uses a feature that is not supported.',
  special_file: 'The entry is a link, a device or another special file.',
  directory_with_data: 'The entry is a folder and has content.',
  kind_disagrees: 'The name and the attributes disagree on file or folder.',
  stored_size_differs: 'The entry is stored, yet its two sizes differ.',
  ratio: 'The entry expands too far.',
  // its name
  name_empty: 'The name is empty.',
  name_too_long: 'The name is longer than 65535 bytes.',
  name_not_unicode: 'The name is not valid Unicode.',
  name_control: 'The name holds a control character.',
  name_backslash: 'The name holds a backslash.',
  name_absolute: 'The name begins at the root.',
  name_drive: 'The name begins with a drive letter.',
  name_dots: 'The name has a part that is "." or "..".',
  name_empty_part: 'The name has an empty part.',
  name_too_deep: 'The name has more than 64 folders.',
  unicode_path_differs: 'The Unicode name and the plain name are different names.',
  duplicate: 'Two entries have the same name.',
  collision: 'Two names differ only in case or Unicode normal form.',
  file_and_folder: 'One name is used for a file and for a folder.',
  // its place and local record
  local_header_missing: 'There is no local record where the directory points.',
  local_header_differs: 'The local record and the directory say different things.',
  descriptor_differs: 'The record after the data and the directory say different things.',
  overlap: 'Two entries share bytes of the file.',
  data_runs_into_directory: 'The data run into the directory.',
  hidden_data: 'There are bytes that belong to no entry.',
  // what it is given to lay out
  size_invalid: 'The size is not a whole number of bytes.',
  crc32_invalid: 'The CRC-32 is not a 32-bit number.',
  mtime_invalid: 'The time is not a time.',
  // its content
  more_than_declared: 'The entry holds more than its size says.',
  less_than_declared: 'The entry holds less than its size says.',
  deflate_damaged: 'The compressed data are damaged.',
  crc32_differs: 'The CRC-32 of the content differs.',
} as const satisfies Record<string, string>

export type Reason = keyof typeof reasons

/** Something wrong with one entry, or with the whole ZIP (entry null). */
export interface Fault {
  entry: string | null
  reason: Reason
}

/** The error for a refused ZIP. Final: the same bytes are refused again. */
export function refusal(reason: Reason, entry?: string | null, cause?: unknown): AppError {
  return new AppError('zip_invalid', entry == null ? { reason } : { reason, entry }, { cause, final: true })
}
