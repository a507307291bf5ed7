variable "region" {
  description = "Where bucket and queue are, such as eu-central-1."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket: unique in the world, for Keepsake alone but for albums/."
  type        = string
}

variable "name" {
  description = "Beginning of the names of user and queues."
  type        = string
  default     = "keepsake"
}
