output "environment" {
  description = "What Keepsake reads: terraform output -raw environment > .env"
  sensitive   = true
  value       = <<-ENV
    S3_BUCKET=${aws_s3_bucket.photos.bucket}
    S3_REGION=${var.region}
    S3_ACCESS_KEY_ID=${aws_iam_access_key.keepsake.id}
    S3_SECRET_ACCESS_KEY=${aws_iam_access_key.keepsake.secret}
    SQS_QUEUE_URL=${aws_sqs_queue.events.url}
  ENV
}
